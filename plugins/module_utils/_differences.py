# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an apply changes, for people: a unified diff of two objects, without what is secret or of no interest."""

from __future__ import annotations

import difflib
import hashlib
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import title

try:
    import yaml
except ImportError:  # without it no kubeconfig was read, so there is nothing to compare either
    yaml = None  # type: ignore[assignment]

Object = dict[str, t.Any]

_VOLATILE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


def essence(item: Object) -> Object:
    """An object without what the API server counts and stamps."""
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key not in _VOLATILE}
    return {**item, "metadata": metadata}


def difference(live: Object | None, wanted: Object) -> list[str]:
    """Lines of a unified diff."""
    before, after = _text(live), _text(wanted)
    name = title(wanted)
    lines = difflib.unified_diff(before, after, f"{name} (in the cluster)", f"{name} (wanted)", lineterm="", n=2)
    return list(lines)


def _text(item: Object | None) -> list[str]:
    if item is None:
        return []
    shown = essence(item)
    shown.pop("status", None)
    if shown.get("kind") == "Secret":
        shown["data"] = {key: _mark(value) for key, value in (shown.get("data") or {}).items()}
    return yaml.safe_dump(shown, default_flow_style=False, sort_keys=False, width=200).splitlines()


def _mark(value: str) -> str:
    """Tells whether a secret changed, and nothing else: few enough bits that any guess would fit."""
    return f"(hidden, {hashlib.sha256(value.encode()).hexdigest()[:2]})"
