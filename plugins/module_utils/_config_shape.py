# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the guide's files this is: the server's or a client's, of which shape; and what in it no shape knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem
from ansible_collections.neursafe.fl.plugins.module_utils._config_keys import TABLES, Key

_MAPS = ("options",)
_SERVER_PARTS = ("job_scheduler", "client_selector", "model_manager", "proxy", "coordinator", "api_server", "data_server")
_CLIENT_PARTS = ("task_manager", "executor")


def kind_of(tree: Mapping[str, Any]) -> str:
    """`server`, `client`, or nothing when it says neither."""
    server, client = (sum(part in tree for part in parts) for parts in (_SERVER_PARTS, _CLIENT_PARTS))
    return "" if server == client == 0 else "server" if server >= client else "client"


def shape_of(tree: Mapping[str, Any], kind: str) -> str:
    """The shape that more of its keys belong to; with none that only one of them has, the guide's."""
    present = set(leaves(tree))
    own = {shape: _paths(TABLES[kind, shape]) for shape in ("2022", "2024")}
    signs = {shape: len(present & (own[shape] - own[other])) for shape, other in (("2022", "2024"), ("2024", "2022"))}
    return "2024" if signs["2024"] > signs["2022"] else "2022"


def leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The paths of all values; a map that a user fills freely counts as one."""
    for key, value in tree.items():
        below = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and value and key not in _MAPS:
            yield from leaves(value, below)
        else:
            yield below


def unknown_keys(tree: Mapping[str, Any], kind: str, shape: str) -> list[Problem]:
    """Keys that the shape does not have, each with the nearest one that it has. One inside a part that is unknown is not told of again."""
    known = _paths(TABLES[kind, shape])
    inner = {path.rsplit(".", depth)[0] for path in known for depth in range(1, path.count(".") + 1)}
    return list(_unknown(tree, "", known, inner, kind, shape))


def _unknown(tree: Mapping[str, Any], path: str, known: set[str], inner: set[str], kind: str, shape: str) -> Iterator[Problem]:
    for key, value in tree.items():
        below = f"{path}.{key}" if path else str(key)
        if below in known or is_extra_volume(below, kind, shape):
            continue
        if below not in inner:
            yield Problem(below, "is not known", _advice(below, path, known | inner, kind, shape))
        elif isinstance(value, Mapping):
            yield from _unknown(value, below, known, inner, kind, shape)
        elif value is not None:
            yield Problem(below, f"{value!r:.40} is no map", f"write it as the guide does, with {_members(below, known)} in it")


def is_extra_volume(path: str, kind: str, shape: str) -> bool:
    """G11: a client may see more folders than the five. A name that looks like one of the five misspelt is none."""
    parts = path.split(".")
    if (kind, shape) != ("client", "2022") or len(parts) != 3 or parts[:2] != ["task_manager", "volumes"]:
        return False
    five = {known.path.split(".")[2] for known in TABLES[kind, shape] if known.path.startswith("task_manager.volumes.")}
    return parts[2] not in {*five, "task_configs"} and not get_close_matches(parts[2], five, 1, 0.75)


def _advice(below: str, path: str, known: set[str], kind: str, shape: str) -> str:
    name = below.rsplit(".", 1)[-1]
    other = "2022" if shape == "2024" else "2024"
    if any(item == below or item.startswith(f"{below}.") for item in _paths(TABLES[kind, other])):
        return f"it belongs to shape {other}, and the rest of the file is of shape {shape}; write one shape"
    beside = {item.removeprefix(f"{path}.") if path else item for item in known if item.rpartition(".")[0] == path}
    near = get_close_matches(name, beside, 1, 0.6)
    if near:
        return f"the nearest known one is {near[0]}; write that, or remove it"
    far = get_close_matches(name, {item.rsplit(".", 1)[-1] for item in known}, 1, 0.8)
    places = sorted(item for item in known if far and item.rsplit(".", 1)[-1] == far[0])
    if places:
        return f"the nearest known one is {places[0]}; write it there, or remove it"
    return f"remove it; known are {', '.join(sorted(beside))}"


def _members(path: str, known: set[str]) -> str:
    return ", ".join(sorted({item.removeprefix(f"{path}.").split(".")[0] for item in known if item.startswith(f"{path}.")}))


def _paths(keys: tuple[Key, ...]) -> set[str]:
    return {path for key in keys for path in (key.path, *key.spellings)}
