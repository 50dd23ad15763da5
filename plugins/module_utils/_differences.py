# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an apply changes, for people: a unified diff of two objects, without what is secret or of no interest."""

from __future__ import annotations

import difflib
import hashlib
import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import title

try:
    import yaml
except ImportError:  # without it no kubeconfig was read, so there is nothing to compare either
    yaml = None  # type: ignore[assignment]

Object = dict[str, t.Any]

_NOW, _WANTED = "(in the cluster)", "(wanted)"
_SENTENCE = re.compile(r"^(?P<sign>[-=!]) (?P<object>\S+ \S+)(?: \((?:removed|adopted)\)|: (?P<note>.*))$")

_VOLATILE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


def essence(item: Object) -> Object:
    """An object without what the API server counts and stamps."""
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key not in _VOLATILE}
    return {**item, "metadata": metadata}


def difference(live: Object | None, wanted: Object) -> list[str]:
    """Lines of a unified diff."""
    before, after = _text(live), _text(wanted)
    name = title(wanted)
    lines = difflib.unified_diff(before, after, f"{name} {_NOW}", f"{name} {_WANTED}", lineterm="", n=2)
    return list(lines)


def removed(item: Object) -> str:
    """One line for an object that is no longer wanted."""
    return f"- {title(item)} (removed)"


def adopted(item: Object) -> str:
    """One line for an object that is as wanted, and not known as ours yet."""
    return f"= {title(item)} (adopted)"


def overwritten(item: Object, by: str) -> str:
    """One line for an object of which somebody else owns a part; its difference follows."""
    return f"! {title(item)}: {by}"


def told_changes(lines: t.Iterable[str]) -> list[dict[str, t.Any]]:
    """Back from such lines: what happens to which object, the lines that differ, and what is to be known besides."""
    found: list[dict[str, t.Any]] = []
    note = ""
    for line in lines:
        sentence = _SENTENCE.match(line)
        if line.startswith("--- ") and line.endswith(f" {_NOW}"):
            found.append({"object": line[4 : -len(_NOW) - 1], "action": "update", "lines": [], "note": note})
            note = ""
        elif sentence and sentence["sign"] == "!":
            note = sentence["note"] or ""
        elif sentence and line.endswith((" (removed)", " (adopted)")):
            action = "remove" if line.endswith("(removed)") else "adopt"
            found.append({"object": sentence["object"], "action": action, "lines": [], "note": ""})
        elif line.startswith("@@ -0,0 "):
            found[-1]["action"] = "create"
        elif found and line[:1] in ("+", "-") and not line.startswith("+++ "):
            found[-1]["lines"].append(line)
    return found


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
