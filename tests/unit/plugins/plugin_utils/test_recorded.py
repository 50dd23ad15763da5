# SPDX-License-Identifier: Apache-2.0
"""What a recorded run changes, as rows for a person."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.plugin_utils import _recorded as recorded

HIDDEN = {"changed": True, "censored": "hidden"}


def line(module: str, *results: dict[str, Any], status: str = "changed", role: str = "r", host: str = "h", **more: Any) -> dict[str, Any]:
    kept = [recorded.worth_keeping(one) for one in results]
    return {"status": status, "role": role, "host": host, "place": host, "task": "Do it", "module": module, "results": kept, **more}


def told(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return line("ansible.builtin.debug", {name: value}, status="told", **more)


def rows(*lines: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["area"], one["host"], one["change"]) for one in recorded.changes(lines)]


def module(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"changed": True, "invocation": {"module_args": arguments}}


@pytest.mark.parametrize(
    ("name", "result", "row"),
    [
        ("ansible.builtin.template", module({"dest": "/etc/x"}), ("hosts", "h", "write /etc/x")),
        ("ansible.builtin.package", module({"name": ["a", "b"]}), ("hosts", "h", "Do it: a, b")),
        ("ansible.builtin.debug", {"changed": True, "msg": "install s3fs"}, ("hosts", "h", "install s3fs")),
        ("neursafe.fl.s3fs_mounts", {"changed": True, "changes": ["mount a"]}, ("mounts", "h", "mount a")),
        ("neursafe.fl.rollout", {"changed": True, "retried": ["default/a-1"]}, ("manifests", "cluster", "restart pod default/a-1")),
        ("neursafe.fl.object_store", HIDDEN, ("buckets", "h", "Do it (hidden)")),
        (
            "neursafe.fl.systemd_unit",
            {**module({"name": "a.service"}), "changes": ["enable (at boot)"]},
            ("hosts", "h", "a.service: enable (at boot)"),
        ),
        (
            "kubernetes.core.k8s",
            {"changed": True, "result": {"kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}},
            ("manifests", "cluster", "change Pod n/p"),
        ),
    ],
)
def test_a_change_is_told_in_words(name: str, result: dict[str, Any], row: tuple[str, str, str]) -> None:
    assert rows(line(name, result)) == [row]


def test_a_tree_is_told_by_its_paths() -> None:
    def one(before: str, after: str, path: str) -> dict[str, str]:
        return {"before": before, "after": after, "before_header": path, "after_header": path}

    diff = [one("state: absent\n", "state: directory\n", "/a"), one("x\n", "y\n", "/a/b"), one("state: file\n", "state: absent\n", "/a/c")]
    found = recorded.changes([line("neursafe.fl.tree", {"changed": True, "changed_paths": ["/a", "/a/b", "/a/c"], "diff": diff})])
    assert [one["change"] for one in found] == ["create /a", "change /a/b", "remove /a/c"]
    assert [one["object"] for one in found] == ["/a", "/a/b", "/a/c"]
    assert found[1]["details"] == ["-x", "+y"]


def test_what_a_hidden_task_changes_is_told_after_it() -> None:
    hidden = line("neursafe.fl.postgresql_schema", HIDDEN, role="d")
    words = told("__nsfl_database_result.actions", ["create table jobs", "create index i on jobs"], role="d")
    assert rows(hidden, words) == [("tables", "h", "create table jobs"), ("tables", "h", "create index i on jobs")]


def test_what_another_host_tells_says_nothing_of_a_hidden_task() -> None:
    assert [row[2] for row in rows(line("neursafe.fl.object_store", HIDDEN), told("__nsfl_x.changes", ["a"], host="other"))] == [
        "Do it (hidden)"
    ]


def test_a_task_that_tells_of_itself_is_told_once() -> None:
    shown = line("neursafe.fl.object_store", {"changed": True, "changes": ["make bucket a"]})
    assert rows(shown, told("__nsfl_x.changes", ["make bucket a"])) == [("buckets", "h", "make bucket a")]


def test_objects_are_told_by_their_differences_and_not_by_what_applies_them() -> None:
    differences = ["--- Secret n/s (in the cluster)", "+++ Secret n/s (wanted)", "@@ -1 +1 @@", "-  k: (hidden, aa)", "+  k: (hidden, bb)"]
    differences += ["! Service n/w: changed by somebody else: .a (by kubectl)"]
    differences += ["--- Service n/w (in the cluster)", "+++ Service n/w (wanted)", "@@ -1 +1 @@", "-x", "+y"]
    applied = {"changed": True, "result": {"results": [{"result": {"kind": "Service", "metadata": {"name": "w", "namespace": "n"}}}]}}
    lines = [told("__nsfl_p.differences", differences), line("kubernetes.core.k8s", HIDDEN), line("kubernetes.core.k8s", applied)]
    found = recorded.changes(lines)
    assert [(one["area"], one["change"]) for one in found] == [("secrets", "update Secret n/s"), ("manifests", "update Service n/w")]
    assert found[1]["note"] == "changed by somebody else: .a (by kubectl)"
    assert len(recorded.changed_tasks(lines)) == 2


def test_an_object_that_nothing_was_told_of_is_a_row_of_its_own() -> None:
    applied = {"changed": True, "result": {"kind": "Namespace", "metadata": {"name": "n"}}}
    differences = ["- Secret n/s (removed)"]
    assert [row[2] for row in rows(told("__nsfl_p.differences", differences), line("kubernetes.core.k8s", applied))] == [
        "remove Secret n/s",
        "change Namespace n",
    ]


def test_rows_are_in_the_order_of_the_areas() -> None:
    lines = [line("kubernetes.core.k8s", HIDDEN), line("neursafe.fl.images", HIDDEN), line("ansible.builtin.user", HIDDEN)]
    assert [row[0] for row in rows(*lines)] == ["hosts", "images", "manifests"]


def test_a_table_shows_what_differs_but_not_what_is_new() -> None:
    base = {"area": "hosts", "host": "node-1", "note": ""}
    found = [
        {**base, "change": "create /a", "details": ["+1"]},
        {**base, "change": "change /b", "details": [f"-{n}" for n in range(9)], "note": "mind this"},
    ]
    assert recorded.table(found, most=2) == [
        "area   where   change",
        "hosts  node-1  create /a",
        "hosts  node-1  change /b",
        "               ! mind this",
        "                 -0",
        "                 -1",
        "                 … 7 lines more",
    ]
    assert recorded.summary(found) == "hosts 2"
    assert recorded.table([]) == []


def test_what_stopped_a_run_is_the_last_failure_of_each_host() -> None:
    lines = [
        line("m", {"msg": "a first try"}, status="failed"),
        line("m", {"msg": ["it is", "down"]}, status="failed"),
        line("m", HIDDEN, status="unreachable", host="other"),
    ]
    assert recorded.problems(lines) == ["h, Do it: it is\ndown", "other, Do it: failed without a message that may be shown"]


@pytest.mark.parametrize(
    ("action", "result", "expected"), [("ansible.builtin.debug", {"__nsfl_a.changes": []}, True), ("debug", {"msg": "x"}, False)]
)
def test_only_what_says_what_changes_is_kept(action: str, result: dict[str, Any], expected: bool) -> None:
    assert recorded.tells(action, result) is expected
