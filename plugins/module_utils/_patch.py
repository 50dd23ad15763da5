# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge patches: how a user changes a rendered object without owning its template."""

from __future__ import annotations

from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import KINDS


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386, and one thing more: lists whose members all have a name (containers, env, volumes) merge by that name.

    Without that, raising the memory of a container would mean to repeat the container.
    """
    if isinstance(patch, dict):
        base = target if isinstance(target, dict) else {}
        result = {key: _copied(value) for key, value in base.items() if patch.get(key, "") is not None}
        for key, value in patch.items():
            if value is not None:
                result[key] = merged(base.get(key), value)
        return result
    if _named(target) and _named(patch):
        return _merged_by_name(target, patch)
    return _copied(patch)


def patches_problem(patches: Any) -> tuple[str, str] | None:
    """What is wrong with merge patches by kind. The API server judges what becomes of an object; which one it is, they must not say."""
    if not isinstance(patches, dict):
        return "is no map", "write KIND: patch, such as Deployment: {spec: …}"
    unknown = [str(kind)[:40] for kind in patches if kind not in KINDS]
    if unknown:
        return f"no such kind: {', '.join(unknown)}", "Deployment, Service, ServiceAccount, Role or RoleBinding"
    for kind, patch in patches.items():
        if not isinstance(patch, dict):
            return (
                f"the patch of {kind} is no map",
                f"write what of the object is to differ, such as {kind}: {{metadata: …}}",
            )
        wrong = [name for name in ("apiVersion", "kind") if name in patch]
        wrong += [name for name in ("metadata", "spec") if not isinstance(patch.get(name, {}), dict)]
        wrong += [] if wrong else [name for name in ("name", "namespace") if name in patch.get("metadata", {})]
        if wrong:
            return f"the patch of {kind} would make another object of it ({', '.join(wrong)})", "leave that out of the patch"
    return None


def _copied(value: Any) -> Any:
    """A copy of the containers alone: `deepcopy` copies what Ansible notes about each text, too, which takes twenty times as long."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "name" in item for item in value)


def _merged_by_name(target: list[dict[str, Any]], patch: list[dict[str, Any]]) -> list[Any]:
    changes = {item["name"]: item for item in patch}
    known = {item["name"] for item in target}
    kept = [merged(item, changes.get(item["name"], {})) for item in target]
    return kept + [_copied(item) for item in patch if item["name"] not in known]
