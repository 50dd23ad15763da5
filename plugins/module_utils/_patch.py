# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge patches: how a user changes a rendered object without owning its template."""

from __future__ import annotations

from copy import deepcopy
from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386, and one thing more: lists whose members all have a name (containers, env, volumes) merge by that name.

    Without that, raising the memory of a container would mean to repeat the container.
    """
    if isinstance(patch, dict):
        base = target if isinstance(target, dict) else {}
        result = {key: deepcopy(value) for key, value in base.items() if patch.get(key, "") is not None}
        for key, value in patch.items():
            if value is not None:
                result[key] = merged(base.get(key), value)
        return result
    if _named(target) and _named(patch):
        return _merged_by_name(target, patch)
    return deepcopy(patch)


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "name" in item for item in value)


def _merged_by_name(target: list[dict[str, Any]], patch: list[dict[str, Any]]) -> list[Any]:
    changes = {item["name"]: item for item in patch}
    known = {item["name"] for item in target}
    kept = [merged(item, changes.get(item["name"], {})) for item in target]
    return kept + [deepcopy(item) for item in patch if item["name"] not in known]
