# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose the fields of an object are, as the API server keeps book of it (metadata.managedFields) and tells it when an apply is refused."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._kube import KubeError

MANAGER = "neursafe.fl"

Object = dict[str, t.Any]


class Conflict(t.NamedTuple):
    """A field, such as `.spec.replicas`, that an apply would set and somebody else owns."""

    field: str
    owner: str


def conflicts(error: KubeError) -> list[Conflict]:
    """Those that an apply was refused for."""
    causes = (error.body.get("details") or {}).get("causes") or []
    return [Conflict(str(cause.get("field")), _owner(cause)) for cause in causes if cause.get("reason") == "FieldManagerConflict"]


def _owner(cause: Object) -> str:
    found = re.search(r'conflict with "([^"]+)"', str(cause.get("message", "")))
    return f"by {found.group(1)}" if found else "by an unknown manager"


def changed_by_others(found: t.Iterable[Conflict], live: Object | None) -> list[Conflict]:
    """The conflicts over what we do not own as well.

    Whoever changes a field owns it alone from then on. One that we own together with somebody has the value that both gave it, as after
    an adoption of what a person had made: nobody has changed it since we applied it, so it is ours to change.
    """
    ours = {path for entry in _of_ours(live or {}) for path in _paths(entry.get("fieldsV1") or {})}
    return [conflict for conflict in found if conflict.field not in ours]


def is_ours(item: Object) -> bool:
    """Whether we have applied it before."""
    return bool(_of_ours(item))


def told(found: t.Iterable[Conflict]) -> str:
    return ", ".join(f"{conflict.field} ({conflict.owner})" for conflict in found)


def _of_ours(item: Object) -> list[Object]:
    entries = (item.get("metadata") or {}).get("managedFields") or []
    return [entry for entry in entries if entry.get("manager") == MANAGER and entry.get("operation") == "Apply"]


def _paths(fields: Object, path: str = "") -> t.Iterator[str]:
    """The paths of a fieldsV1, written as conflicts name them: `.spec.ports[port=80,protocol="TCP"].nodePort`."""
    for key, inner in fields.items():
        kind, _colon, name = key.partition(":")
        if kind == "f":
            longer = f"{path}.{name}"
        elif kind == "k":
            longer = f"{path}[{','.join(f'{word}={json.dumps(value)}' for word, value in sorted(json.loads(name).items()))}]"
        elif kind == "v":
            longer = f"{path}[={name}]"
        else:  # a dot: the item itself
            longer = path
        if inner:
            yield from _paths(inner, longer)
        else:
            yield longer
