# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback `record` has written of a run, as changes that a person can read, each with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._differences import told_changes

Line = Mapping[str, Any]
Change = dict[str, Any]

# Results of the collection's modules that say in words what changes. A hidden task's are shown by a debug task after it.
WORDS = ("changes", "actions", "changed_paths")
_SHOWN = re.compile(r"__nsfl_\w+(\.(differences|diff|changes|actions)|_diff)")
_DIFFERS = re.compile(r"[+-](?!(--|\+\+) )")
_KEPT = (*WORDS, "retried", "msg", "censored", "diff", "path", "dest", "name", "_ansible_item_label")
_ARGUMENTS = ("path", "dest", "name", "repo")
_KUBERNETES = ("kubernetes.core.k8s", "neursafe.fl.rollout")
AREAS = {
    "neursafe.fl.s3fs_mounts": "mounts",
    "neursafe.fl.object_store": "buckets",
    "neursafe.fl.postgresql_schema": "tables",
    "neursafe.fl.mongodb_schema": "tables",
    "neursafe.fl.images": "images",
    "neursafe.fl.image_sbom": "images",
    "kubernetes.core.k8s": "manifests",
    "neursafe.fl.rollout": "manifests",
}
_FILE_MODULES = ("copy", "template", "blockinfile", "lineinfile", "get_url", "file")
_ORDER = ("hosts", "mounts", "buckets", "tables", "images", "secrets", "manifests")


# -- what is worth a line of the record --------------------------------------------------------------------------------
def shown(result: Mapping[str, Any]) -> str:
    """The name of the variable that a debug task shows, when it says what a run changes."""
    return next((name for name in result if _SHOWN.fullmatch(name)), "")


def tells(action: str, result: Mapping[str, Any]) -> bool:
    return action.rsplit(".", 1)[-1] == "debug" and bool(shown(result))


def worth_keeping(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result without what is long, or said elsewhere."""
    kept = {key: result[key] for key in _KEPT if key in result}
    if name := shown(result):
        kept["told"] = {"name": name, "value": result[name]}
    arguments = (result.get("invocation") or {}).get("module_args") or {}
    kept["arguments"] = {key: arguments[key] for key in _ARGUMENTS if arguments.get(key)}
    made = result.get("result") if isinstance(result.get("result"), dict) else {}
    kept["objects"] = [title for one in (made or {}).get("results") or [made] if (title := _title(one))]
    return kept


def _title(entry: Any) -> str:
    item = entry.get("result", entry) if isinstance(entry, dict) else {}
    metadata = item.get("metadata") or {}
    if not isinstance(item, dict) or not item.get("kind") or not metadata.get("name"):
        return ""
    return f"{item['kind']} {metadata['namespace'] + '/' if metadata.get('namespace') else ''}{metadata['name']}"


# -- changes -----------------------------------------------------------------------------------------------------------
def changes(lines: Iterable[Line]) -> list[Change]:
    """All changes of a run in the order of the areas; what a hidden task changes is as the debug task after it tells."""
    found: list[Change] = []
    hidden: dict[tuple[str, str], list[int]] = {}
    told_objects: dict[str, set[str]] = {}
    for line in lines:
        key = (line["role"], line["host"])
        if line["status"] == "told":
            made = list(_told(line))
            if line["results"][0]["told"]["name"].endswith(".differences"):
                told_objects.setdefault(line["role"], set()).update(change["object"] for change in made)
                found += made
            else:
                _unhide(found, hidden.pop(key, []), made)
        elif line["status"] == "changed":
            for change in _changed(line, told_objects.get(line["role"], set())):
                if change.pop("hidden"):
                    hidden.setdefault(key, []).append(len(found))
                found.append(change)
    kept = [change for change in found if change["change"]]
    return in_order(kept)


def in_order(found: Iterable[Change]) -> list[Change]:
    """By area, and within it as they came."""
    return sorted(found, key=lambda change: _ORDER.index(change["area"]))


def _unhide(found: list[Change], places: list[int], told: list[Change]) -> None:
    """What was told takes the place of the hidden changes, turns of one loop. A task that is not hidden has told of itself."""
    if not places:
        return
    first = found[places[0]]
    for place in places:
        found[place] = {**found[place], "change": ""}
    found += [{**first, **{name: one[name] for name in ("change", "details", "object")}} for one in told]


def _told(line: Line) -> Iterator[Change]:
    value, name = line["results"][0]["told"]["value"], line["results"][0]["told"]["name"]
    if name.endswith(".differences"):
        for one in told_changes(value):
            area = "secrets" if one["object"].startswith("Secret ") else "manifests"
            yield _change(line, area, f"{one['action']} {one['object']}", one["lines"], one["object"], "cluster", one["note"])
        return
    if not name.endswith("diff"):
        yield from (_change(line, _area(line), str(text), []) for text in value)
        return
    for path in dict.fromkeys(one["after_header"] for one in value):
        yield _change(line, _area(line), f"{_verb(path, value)} {path}", _details_of(path, value), path)


def _changed(line: Line, told_objects: set[str]) -> Iterator[Change]:
    place = "cluster" if line["module"] in _KUBERNETES else line.get("place") or line["host"]
    for result in line["results"]:
        objects = set(result.get("objects") or [])
        if line["module"] == "kubernetes.core.k8s" and told_objects and (result.get("censored") or objects <= told_objects):
            continue
        texts = list(_texts(line, result))
        of_all = [] if len(texts) > 1 else difference(result.get("diff"))
        for text in texts:
            last = text.split(" ", 1)[-1]
            details = of_all or _details_of(last, result.get("diff"))
            subject = last if last.startswith("/") or last in objects else ""
            yield {**_change(line, _area(line), text, details, subject, place), "hidden": "censored" in result}


def _texts(line: Line, result: Mapping[str, Any]) -> Iterator[str]:
    said = next((result[word] for word in WORDS if result.get(word)), None)
    short = line["module"].rsplit(".", 1)[-1]
    target = {**(result.get("arguments") or {}), **{key: result[key] for key in _ARGUMENTS if result.get(key)}}
    where = target.get("dest") or target.get("path") or target.get("name")
    if result.get("changed_paths"):
        yield from (f"{_verb(path, result.get('diff'))} {path}" for path in result["changed_paths"])
    elif said:
        # Of a unit, what is done to it does not name it.
        yield from (f"{where}: {text}" if short == "systemd_unit" else str(text) for text in said)
    elif result.get("retried"):
        yield from (f"restart pod {name}" for name in result["retried"])
    elif result.get("objects"):
        yield from (f"change {title}" for title in result["objects"])
    elif "censored" in result:
        yield f"{line['task']} (hidden)"
    elif short == "debug":
        yield str(result.get("msg") or line["task"])
    elif short in _FILE_MODULES and where:
        yield f"write {where}"
    else:
        yield f"{line['task']}{': ' + _words(where) if where else ''}"


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _verb(path: str, diff: Any) -> str:
    one = next((one for one in diff or [] if isinstance(one, dict) and one.get("after_header") == path), {})
    before, after = str(one.get("before", "-")), str(one.get("after", ""))
    if "state: absent" in after:
        return "remove"
    return "create" if not before or "state: absent" in before else "change" if before != "-" else "write"


def _details_of(path: str, diff: Any) -> list[str]:
    """Of a tree, the part of the difference that is about the path."""
    return difference([one for one in diff if isinstance(one, dict) and one.get("after_header") == path]) if isinstance(diff, list) else []


def _area(line: Line) -> str:
    return AREAS.get(line["module"], "hosts")


def _change(line: Line, area: str, text: str, details: list[str], subject: str = "", place: str = "", note: str = "") -> Change:
    return {
        "area": area,
        "host": place or line.get("place") or line["host"],
        "change": text,
        "object": subject,
        "details": details,
        "note": note,
        "role": line["role"],
        "task": line["task"],
    }


def difference(diff: Any) -> list[str]:
    """The lines of a module's diff that differ."""
    lines: list[str] = []
    for one in diff if isinstance(diff, list) else [diff]:
        if isinstance(one, dict):
            before, after = (str(one.get(side) or "").splitlines() for side in ("before", "after"))
            lines += [*str(one.get("prepared", "")).splitlines(), *difflib.unified_diff(before, after, lineterm="", n=0)]
    return [line for line in lines if _DIFFERS.match(line)]


def changed_tasks(lines: Iterable[Line]) -> list[dict[str, str]]:
    """The tasks that changed something, or would, with their hosts, as the run reports them."""
    return [{key: str(line[key]) for key in ("host", "role", "task")} for line in lines if line["status"] == "changed"]


# -- problems ----------------------------------------------------------------------------------------------------------
def problems(lines: Iterable[Line]) -> list[str]:
    """What stopped a run: the last failure of each host, for those before it were told of again or mended."""
    last: dict[str, str] = {}
    for line in lines:
        if line["status"] in ("failed", "unreachable"):
            text = next((one["msg"] for one in line["results"] if one.get("msg")), "")
            said = "\n".join(map(str, text)) if isinstance(text, list) else str(text)
            last[line["host"]] = f"{line['host']}, {line['task']}: {said or 'failed without a message that may be shown'}"
    return list(last.values())


# -- what a person reads -----------------------------------------------------------------------------------------------
def table(found: list[Change], most: int = 6) -> list[str]:
    """One row for each change, what differs below it, at most `most` lines of it."""
    if not found:
        return []
    widths = [max(len(str(change[name])) for change in [*found, {"area": "area", "host": "where"}]) for name in ("area", "host")]
    lines = [f"{'area':<{widths[0]}}  {'where':<{widths[1]}}  change"]
    indent = " " * (sum(widths) + 4)
    for change in found:
        lines.append(f"{change['area']:<{widths[0]}}  {change['host']:<{widths[1]}}  {change['change']}")
        lines += [f"{indent}! {change['note']}"] if change["note"] else []
        details = [] if change["change"].startswith("create ") else [line.rstrip() for line in change["details"] if line[1:].strip()]
        lines += [f"{indent}  {line}" for line in details[:most]]
        lines += [f"{indent}  … {len(details) - most} lines more"] if len(details) > most else []
    return lines


def summary(found: list[Change]) -> str:
    """How many changes there are in each area."""
    counts = {area: sum(change["area"] == area for change in found) for area in _ORDER}
    return ", ".join(f"{area} {count}" for area, count in counts.items() if count)
