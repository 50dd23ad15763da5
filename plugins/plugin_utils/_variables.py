# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of all settings of the collection, read from the specs that document them, and a check for unknown ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

COLLECTION = Path(__file__).resolve().parents[2]
# `nsfl_server_root: "{{ nsfl_root | default('/mnt/neursafe_fl') }}"`, and the same with `if … is defined else …`.
_FROM_SHARED = re.compile(r'^(nsfl_\w+): "\{\{ (nsfl_\w+) (?:\| default\(.*\)|if \2 is defined else .*) \}\}"$', re.MULTILINE)


@cache
def known_settings() -> dict[str, dict[str, Any]]:
    """Every setting that a role's spec or meta/shared_variables.yml documents, with its spec."""
    settings: dict[str, dict[str, Any]] = {}
    for path in [COLLECTION / "meta" / "shared_variables.yml", *COLLECTION.glob("roles/*/meta/argument_specs.yml")]:
        specs = yaml_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for spec in specs.values():
            settings.update(spec.get("options", {}))
    return settings


def known_names() -> frozenset[str]:
    """Their names."""
    return frozenset(known_settings())


@cache
def shared_names() -> dict[str, str]:
    """Roles' settings, each with the inventory's shared setting that it takes its value from."""
    defaults = (path.read_text(encoding="utf-8") for path in COLLECTION.glob("roles/*/defaults/main.yml"))
    return {own: shared for text in defaults for own, shared in _FROM_SHARED.findall(text)}


def unknown(names: Iterable[str], known: Iterable[str] | None = None) -> list[str]:
    """A problem, with the nearest known name, for each ``nsfl_*`` name that no spec documents."""
    documented = known_names() if known is None else frozenset(known)
    problems = []
    for name in sorted(set(names) - documented):
        near = difflib.get_close_matches(name, documented, n=1)
        fix = f"write {near[0]}" if near else "remove it"
        problems.append(f"{name}: no role knows a setting of this name; {fix}")
    return problems
