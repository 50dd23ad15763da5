# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An existing configuration file of the guide becomes settings, or a list of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem
from ansible_collections.neursafe.fl.plugins.module_utils._config_keys import TABLES, Key
from ansible_collections.neursafe.fl.plugins.module_utils._config_rules import rules, value_at, work_out
from ansible_collections.neursafe.fl.plugins.module_utils._config_shape import (
    is_extra_volume,
    kind_of,
    shape_of,
    unknown_keys,
)
from ansible_collections.neursafe.fl.plugins.module_utils._config_text import ConfigSyntaxError, read_text
from ansible_collections.neursafe.fl.plugins.module_utils._config_values import read_value
from ansible_collections.neursafe.fl.plugins.module_utils._problem_text import readable

Tree = dict[str, Any]
_ABSENT = object()


@dataclass
class Config:
    """`settings` is the tree that the renderer takes; it is empty when there are problems."""

    kind: str = ""
    shape: str = ""
    settings: Tree = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    # Where in the file each setting stands, for messages about it.
    lines: dict[str, int] = field(default_factory=dict)


def read_config(text: str, kind: str) -> Config:
    """Read the file of the server (`kind` is `server`) or of a client (`client`)."""
    try:
        read = read_text(text)
    except ConfigSyntaxError as error:
        return Config(kind=kind, problems=[str(error)])
    if not isinstance(read.value, dict):
        return Config(kind=kind, problems=[f"line 1: {check.shown(read.value)} is no configuration; begin it with {{, as in the guide"])
    found = kind_of(read.value)
    if found != kind:
        return Config(kind=kind, lines=read.lines, problems=[_other_kind(found, kind)])
    reader = _Reader(read.value, kind, shape_of(read.value, kind))
    problems = read.problems + reader.read()
    config = Config(kind, reader.shape, notices=[*read.notices, *reader.notices], lines=read.lines)
    config.problems = [_sentence(item, read.lines) for item in sorted(problems, key=lambda item: _line(item.path, read.lines))]
    config.settings = {} if problems else reader.settings
    return config


def _other_kind(found: str, kind: str) -> str:
    if not found:
        parts = "job_scheduler, client_selector, …" if kind == "server" else "task_manager, executor, …"
        return f"line 1: none of the parts of a {kind}'s configuration is in it; it has to have {parts}"
    return f"line 1: this is the configuration of a {found}, not of a {kind}; give it where a {found}'s is asked for (nsfl_type={found})"


def _line(path: str, lines: Mapping[str, int]) -> int:
    """The line of a path, or of the part of it that is there."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 0)


def _sentence(item: Problem, lines: Mapping[str, int]) -> str:
    line = _line(item.path, lines)
    text: str = readable(f"{item.path}{f' (line {line})' if line else ''}: {item.what}; {item.fix}")
    return text


class _Reader:
    def __init__(self, tree: Tree, kind: str, shape: str) -> None:
        self.tree, self.kind, self.shape = tree, kind, shape
        self.settings: Tree = {}
        self.notices: list[str] = []
        self.problems: list[Problem] = []

    def read(self) -> list[Problem]:
        self.problems += unknown_keys(self.tree, self.kind, self.shape)
        for key in TABLES[self.kind, self.shape]:
            self._key(key)
        if self.kind == "client":
            self._extra_volumes()
        # A rule over several values says nothing of those that are missing or wrong by themselves.
        self.problems += rules(self.settings, self.kind, self.shape, {item.path for item in self.problems})
        if not self.problems:
            self.notices += work_out(self.settings, self.kind, self.shape)
        return self.problems

    def _key(self, key: Key) -> None:
        given = {path: value for path in (key.path, *key.spellings) if (value := value_at(self.tree, path, _ABSENT)) is not _ABSENT}
        if not given:
            if key.required:
                self.problems.append(Problem(key.path, "is missing", f"add it; the guide has {_json(key.example)}"))
            return
        path, raw = next(iter(given.items()))
        if any(other != raw for other in given.values()):
            self.problems.append(Problem(path, f"differs from {', '.join(list(given)[1:])}, its other spelling", "keep one of them"))
        if key.unused:
            self.notices.append(f"{path}: it is not used; {key.unused}")
            return
        outcome = read_value(key.kind, raw)
        if outcome.verdict:
            self.problems.append(Problem(path, *outcome.verdict))
        else:
            _put(self.settings, key.path, outcome.value)
            if outcome.notice:
                self.notices.append(f"{path}: {outcome.notice}")

    def _extra_volumes(self) -> None:
        volumes = value_at(self.tree, "task_manager.volumes")
        extra = []
        for name, value in volumes.items() if isinstance(volumes, dict) else ():
            path = f"task_manager.volumes.{name}"
            if not is_extra_volume(path, self.kind, self.shape):
                continue
            source = value.get("source") if isinstance(value, dict) else value
            verdict = check.label(name) or check.absolute_path(source)
            if verdict:
                self.problems.append(Problem(path, *verdict))
            extra.append({"name": name, "source": source, "read_only": False})
        if extra:
            _put(self.settings, "task_manager.extra_volumes", extra)


def _put(tree: Tree, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        tree = tree.setdefault(part, {})
    tree[last] = value


def _json(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
