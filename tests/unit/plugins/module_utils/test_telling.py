# SPDX-License-Identifier: Apache-2.0
"""What long work on the controller tells of itself while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _endpoints, _telling
from ansible_collections.neursafe.fl.plugins.module_utils._image_run import Progress
from ansible_collections.neursafe.fl.plugins.module_utils._object_store_api import Store
from ansible_collections.neursafe.fl.plugins.module_utils._objects_api import Bucket


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    monkeypatch.setenv("NSFL_PROGRESS_FILE", str(tmp_path / "now"))
    return lambda: (tmp_path / "now").read_text(encoding="utf-8")


def test_items_are_counted_as_they_get_done(told: Callable[[], str]) -> None:
    items = _telling.telling("upload", iter("ab"), 2)
    assert (next(items), told()) == ("a", "upload: 0 of 2")
    assert (next(items), told()) == ("b", "upload: 1 of 2")
    assert (list(items), told()) == ([], "upload: 2 of 2")


def test_nothing_is_written_where_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NSFL_PROGRESS_FILE", raising=False)
    _telling.tell("x")
    monkeypatch.setenv("NSFL_PROGRESS_FILE", str(tmp_path / "gone" / "now"))
    _telling.tell("x")


def test_images_are_counted_and_those_at_work_are_named(told: Callable[[], str], tmp_path: Path) -> None:
    progress = Progress(tmp_path, 3)
    with progress.phase("nsfl-base", "build"):
        assert told() == "images: 0 of 3 done; build nsfl-base"
    assert told() == "images: 1 of 3 done"
    with progress.phase("nsfl-base", "push"), pytest.raises(ValueError, match="no"), progress.phase("nsfl-proxy", "build"):
        assert told() == "images: 0 of 3 done; push nsfl-base, build nsfl-proxy"
        raise ValueError("no")
    assert told() == "images: 1 of 3 done"


def test_a_wait_says_for_what(told: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([(503, "answered 503"), (200, "")])
    monkeypatch.setattr(_endpoints, "ask", lambda check, params: next(answers))
    monkeypatch.setattr(_endpoints.time, "sleep", lambda seconds: None)
    assert _endpoints.settle({"name": "job scheduler", "url": "http://x/"}, {}, 5)["trouble"] == ""
    assert told() == "waiting for job scheduler (http://x/): answered 503"


def test_objects_of_a_bucket_are_counted(told: Callable[[], str], tmp_path: Path) -> None:
    gone: list[str] = []
    lock = threading.Lock()

    def remove(bucket: str, key: str) -> None:
        with lock:
            gone.append(key)

    s3: Any = SimpleNamespace(bucket_exists=lambda name: True, remove_object=remove)
    Bucket(cast(Store, SimpleNamespace(s3=s3)), "models", tmp_path, 2).empty(["a", "b", "c"])
    assert sorted(gone) == ["a", "b", "c"] and told() == "delete objects of models: 3 of 3"
