# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal of generated secrets, such that it can be killed at any moment and finished by the next run.

A file beside the file of secrets holds, for each secret under renewal, the old value and the new one. First it is written (announced):
the platform knows nothing yet. Then the new values replace the old ones in the file of secrets, in one step (begun): from then on
each run of any playbook brings the new ones everywhere. When the old ones are proven dead, the file beside goes (ended).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from ansible_collections.neursafe.fl.plugins.plugin_utils._secrets_file import write_private

COLLECTION = Path(__file__).resolve().parents[2]
HEADER = "---\n# Secrets under renewal, with their old values. playbooks/rotate.yml takes this file away when the old ones are dead.\n"
OLD, NEW = "old", "new"

Values = dict[str, str]
Pending = dict[str, Values]


@dataclass(frozen=True)
class Kind:
    """One entry of meta/secrets.yml."""

    name: str
    settings: tuple[str, ...]
    roles: tuple[str, ...]
    outside: bool = False
    before: bool = False


@cache
def kinds(collection: Path = COLLECTION) -> dict[str, Kind]:
    """All secrets that this collection makes."""
    read = yaml.safe_load((collection / "meta" / "secrets.yml").read_text(encoding="utf-8"))["secrets"]
    return {name: Kind(name, **{**entry, **{key: tuple(entry[key]) for key in ("settings", "roles")}}) for name, entry in read.items()}


def rotation_path(path: str) -> str:
    """The file beside the file of secrets."""
    return f"{path}.rotation"


def read_pending(path: str) -> Pending:
    """What is under renewal; nothing without the file."""
    try:
        with open(rotation_path(path), encoding="utf-8") as stream:
            return {str(name): dict(entry) for name, entry in (yaml.safe_load(stream) or {}).items()}
    except FileNotFoundError:
        return {}


def write_pending(path: str, pending: Pending) -> None:
    """Keep it, or take the file away when nothing is left."""
    if pending:
        write_private(rotation_path(path), pending, HEADER)
    elif os.path.exists(rotation_path(path)):
        os.unlink(rotation_path(path))


def not_ours(there: Collection[str], given: Mapping[str, str]) -> dict[str, str]:
    """Why a secret is not renewed, by name. `there`: those that are generated and in use; `given`: the settings that give one."""
    found = {}
    for kind in kinds().values():
        if kind.name in given:
            setting = given[kind.name]
            found[kind.name] = f"{setting} is given by the inventory; change it there and run playbooks/server.yml"
        elif kind.name not in there:
            found[kind.name] = "this platform has none that was generated"
    return found


def chosen(asked: Collection[str], there: Collection[str], given: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What to renew, in the order of meta/secrets.yml, and problems. Without a wish it is all that can be renewed."""
    others = not_ours(there, given)
    unknown = sorted(set(asked) - set(kinds()))
    problems = [f"nsfl_rotate: there is no secret {name}; known are {', '.join(kinds())}" for name in unknown]
    problems += [f"nsfl_rotate: {name} cannot be renewed: {others[name]}" for name in kinds() if name in asked and name in others]
    names = [name for name in kinds() if (name in asked or not asked) and name not in others]
    if not names and not problems:
        problems.append("nsfl_rotate: there is nothing to renew; every secret is given by the inventory, or nothing is installed yet")
    return names, problems


def is_begun(name: str, values: Values, pending: Pending) -> bool:
    """Whether the file of secrets has the new one already; of a secret outside of it nobody can tell, so the work is done again."""
    entry = pending.get(name)
    return entry is not None and (kinds()[name].outside or values.get(name) == entry[NEW])


def announced(names: Collection[str], values: Values, outside: Values, pending: Pending, make: Callable[[], str]) -> Pending:
    """What is under renewal from now on. What was begun is finished, asked for or not; what was only announced is forgotten."""
    result = {name: entry for name, entry in pending.items() if name in kinds() and is_begun(name, values, pending)}
    for name in names:
        if name not in result:
            again = pending.get(name, {}).get(NEW)
            result[name] = {OLD: outside[name], NEW: ""} if name in outside else {OLD: values[name], NEW: again or make()}
    return {name: result[name] for name in kinds() if name in result}


def begun(values: Values, pending: Pending) -> Values:
    """The file of secrets with the new ones in it."""
    return values | {name: entry[NEW] for name, entry in pending.items() if not kinds()[name].outside}
