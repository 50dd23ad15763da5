# SPDX-License-Identifier: Apache-2.0
"""A task that is handed a secret is hidden, by the setting of its role that people turn off to see more."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
NAMED_LIKE_A_SECRET = re.compile(r"_(password|token|secret_key)$")
# What these make of a secret gives nothing of it away.
HARMLESS = re.compile(r"\w+(\.instance| \| length| \| neursafe\.fl\.client_selector_setup)\b")
NOT_ARGUMENTS = ("block", "rescue", "always", "name", "when", "failed_when", "changed_when", "until", "no_log", "module_defaults")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def settings(role: str) -> dict[str, Any]:
    options: dict[str, Any] = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    return options


def flat(tasks: list[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    for task in tasks or []:
        yield task
        for part in ("block", "rescue", "always"):
            yield from flat(task.get(part))


def names_in(text: str) -> set[str]:
    """The variables that the templates in a text refer to."""
    inside = " ".join(re.findall(r"{[{%](.*?)[%}]}", text, re.DOTALL))
    return set(re.findall(r"[a-z_]\w*", HARMLESS.sub("", re.sub(r"'[^']*'", "''", inside))))


@functools.cache
def secrets(role: str, blank: frozenset[str] = frozenset()) -> set[str]:
    """The role's settings that are secret, and all its private variables that are made of them; `blank` ones are empty for once."""
    options = settings(role)
    found = {name for name, option in options.items() if option.get("no_log")}
    found |= {name for name, option in options.items() if any(key.get("no_log") for key in option.get("options", {}).values())}
    values = {name: str(value) for path in (ROOT / "roles" / role / "vars").glob("*.yml") for name, value in (load(path) or {}).items()}
    found -= blank
    while more := {name for name, value in values.items() if name not in found and names_in(value) & found}:
        found |= more
    return found


@pytest.mark.parametrize("role", ROLES)
def test_what_is_named_like_a_secret_is_declared_as_one(role: str) -> None:
    assert [name for name, option in settings(role).items() if NAMED_LIKE_A_SECRET.search(name) and not option.get("no_log")] == []


@pytest.mark.parametrize("role", ROLES)
def test_tasks_with_secrets_are_hidden(role: str) -> None:
    tasks = [task for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml")) for task in flat(load(path))]
    defaults = [item for task in tasks for item in task.get("module_defaults", {}).items()]
    handed = {module for module, arguments in defaults if names_in(str(arguments)) & secrets(role)}
    bare = []
    for task in tasks:
        arguments = {key: value for key, value in task.items() if key not in NOT_ARGUMENTS}
        blank = frozenset(name for name, value in task.get("vars", {}).items() if value == "")
        needed = handed & task.keys() or names_in(str(arguments)) & secrets(role, blank)
        included = any("include_" in key for key in task)
        if needed and not included and f"{role}_secure_logging" not in str(task.get("no_log")):
            bare.append(task["name"])
    assert bare == []


@pytest.mark.parametrize("role", ROLES)
def test_the_setting_is_there_where_it_does_something(role: str) -> None:
    used = any(
        f'no_log: "{{{{ {role}_secure_logging' in path.read_text(encoding="utf-8") for path in (ROOT / "roles" / role).rglob("*.yml")
    )
    assert (f"{role}_secure_logging" in settings(role)) == used
