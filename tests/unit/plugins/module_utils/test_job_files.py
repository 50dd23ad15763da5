# SPDX-License-Identifier: Apache-2.0
"""An FL namespace is a bucket, or a folder of the one bucket: the names of a job's files are the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._job_files import JobFiles


class Store:
    """Buckets with their objects, in the place of the SDK's client."""

    def __init__(self, **buckets: list[str]) -> None:
        self.buckets = buckets

    def list_objects(self, bucket: str, prefix: str, recursive: bool) -> list[Any]:
        assert recursive
        return [SimpleNamespace(object_name=name, etag='"e"') for name in self.buckets[bucket] if name.startswith(prefix)]

    def remove_object(self, bucket: str, name: str) -> None:
        self.buckets[bucket].remove(name)


def files(store: Store, within: str = "") -> JobFiles:
    made = JobFiles("http://192.0.2.10:9000", "user", "secret-key", "study", "us-east-1", within)
    made._client = store
    return made


@pytest.mark.parametrize("within", ["", "nsfl"])
def test_only_the_jobs_own_objects_are_seen_and_removed(within: str) -> None:
    mine = ["fl-j/", "fl-j/model/m.h5", "out/fl_j_output_V0/metrics.json"]
    others = ["fl-j2/config.json", "out/fl_j2_output_V0/metrics.json"]
    place = "study/" if within else ""
    store = Store(**{within or "study": [f"{place}{name}" for name in (*mine, *others)] + ["other/fl-j/config.json"] * bool(within)})
    job = files(store, within)
    found = job.of_job("j", "out")
    assert found == mine
    job.remove(found)
    assert store.buckets[within or "study"] == [f"{place}{name}" for name in others] + ["other/fl-j/config.json"] * bool(within)


def test_the_system_folders_are_a_bucket_or_a_folder_beside() -> None:
    apart, together = files(Store()).of_bucket("nsfl-system"), files(Store(), "nsfl").of_bucket("nsfl-system")
    assert (apart.bucket, apart.prefix) == ("nsfl-system", "")
    assert (together.bucket, together.prefix) == ("nsfl", "nsfl-system/")
