# SPDX-License-Identifier: Apache-2.0
"""Filters of the role nsfl_directories: which folders there have to be, and what is wrong with the settings."""

from __future__ import annotations

import pytest
from ansible_collections.neursafe.fl.plugins.filter import directories_entries
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS

folder_problems = FILTERS["directories_problems"]
folder_entries = directories_entries.FilterModule().filters()["directories_entries"]


def only(problems: list[str], words: str) -> bool:
    return len(problems) == 1 and words in problems[0]


TREES = {
    "layout": "server",
    "root": "/mnt/fl",
    "system_bucket": "nsfl-system",
    "selector": "selector",
    "proxy": "proxy",
    "coordinator_configs": "coordinator_configs",
    "client_root": "/mnt/fl/nsfl-client",
    "workspace": "workspace",
    "datasets": "datasets",
    "task_configs": "task_configs",
    "config": "config",
    "lmdb": "/var/lib/lmdb",
    "mode": "",
    "owner": "",
    "group": "",
    "lmdb_mode": "0750",
}


def test_entries_of_both_layouts():
    assert [entry["path"] for entry in folder_entries(TREES)] == ["selector", "proxy", "coordinator_configs"]
    client = folder_entries({**TREES, "layout": "client", "mode": "0750", "owner": "nsfl"})
    assert client[0] == {"path": "workspace", "state": "directory", "mode": "0750", "owner": "nsfl"} and len(client) == 4
    assert folder_entries(TREES, state="absent")[0] == {"path": "selector", "state": "absent", "recursive": False, "keep_full": True}


IN_BUCKET = {
    **TREES,
    "bucket": "nsfl",
    "models": "models",
    "folders": ["default", "study"],
    **{name: f"system/{name}" for name in ("selector", "proxy", "coordinator_configs")},
}


def test_what_is_a_bucket_elsewhere_is_a_folder_in_the_one_bucket():
    paths = [entry["path"] for entry in folder_entries(IN_BUCKET)]
    assert paths == ["system", "models", "default", "study", "system/selector", "system/proxy", "system/coordinator_configs"]
    assert folder_problems(IN_BUCKET) == []
    assert only(folder_problems({**IN_BUCKET, "bucket": "Nsfl"}), "nsfl_bucket")
    assert only(folder_problems({**IN_BUCKET, "proxy": "/system/proxy"}), "nsfl_directories_proxy")
    # What people keep there goes with nobody; folders before those that they are in.
    removed = folder_entries(IN_BUCKET, state="absent", recursive=True)
    assert {entry["path"] for entry in removed if entry["recursive"]} == {"system/selector", "system/proxy", "system/coordinator_configs"}
    order = [entry["path"] for entry in removed]
    assert order.index("system") > max(order.index(path) for path in order if path.startswith("system/"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"selector": "../etc"}, "nsfl_directories_selector"),
        ({"proxy": "selector"}, "is nsfl_directories_selector too"),
        ({"system_bucket": "nsfl_system"}, "nsfl_system_bucket"),
        ({"lmdb": "lmdb"}, "nsfl_directories_lmdb"),
        ({"mode": "488"}, "nsfl_directories_mode"),
    ],
)
def test_settings_of_the_folders(change, words):
    assert folder_problems(TREES) == []
    assert only(folder_problems({**TREES, **change}), words)
