# SPDX-License-Identifier: Apache-2.0
"""Who may touch what in plugins/: docs/architecture.md says it in words."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "ansible_collections.neursafe.fl.plugins."
# A room, and those that it may import from besides itself.
MAY = {
    "module_utils": set(),
    "modules": {"module_utils"},
    "plugin_utils": {"module_utils"},
    "filter": {"module_utils", "plugin_utils"},
    "lookup": {"module_utils", "plugin_utils"},
    "inventory": {"module_utils", "plugin_utils"},
    "callback": {"module_utils", "plugin_utils"},
    # Some run a module within the controller's process.
    "action": {"module_utils", "plugin_utils", "modules"},
    "doc_fragments": set(),
}
FILES = sorted(path for path in (ROOT / "plugins").glob("*/*.py"))


def name(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def imports(path: Path) -> set[str]:
    """The files of plugins/ that one imports, as ROOM.NAME; a relative import is one of a second kind, which there is not."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: import by the collection's full path"
            room, _dot, module = (node.module or "").removeprefix(PREFIX).partition(".")
            if (node.module or "").startswith(PREFIX):
                found |= {f"{room}.{module}"} if module else {f"{room}.{alias.name}" for alias in node.names}
    return found


GRAPH = {name(path): imports(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_room_imports_from_those_it_may(path: Path) -> None:
    room = path.parent.name
    assert {other.partition(".")[0] for other in GRAPH[name(path)]} - {room} <= MAY[room]
    assert GRAPH[name(path)] <= set(GRAPH)
    # A plugin does not reach into another one; what two need is a function of module_utils or plugin_utils.
    if not room.endswith("_utils"):
        assert not any(other.startswith(f"{room}.") for other in GRAPH[name(path)])


def test_there_is_no_circle() -> None:
    left = dict(GRAPH)
    while ready := {file for file, wanted in left.items() if not wanted & left.keys()}:
        left = {file: wanted for file, wanted in left.items() if file not in ready}
    assert left == {}


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name.endswith("_utils")], ids=name)
def test_what_is_shared_is_used(path: Path) -> None:
    assert any(name(path) in wanted for wanted in GRAPH.values())
