# SPDX-License-Identifier: Apache-2.0
"""Every role has the same skeleton, and its documentation says what its defaults are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
VERBS = ["main", "preflight", "verify", "absent"]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def specs(role: str) -> dict[str, Any]:
    loaded: dict[str, Any] = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    return loaded


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_what_the_spec_says(role: str) -> None:
    defaults = load(ROOT / "roles" / role / "defaults" / "main.yml")
    options = specs(role)["main"]["options"]
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    # A spec cannot hold a template where a number or a boolean is due; what it resolves to is said in the description.
    typed = {name: defaults[name] for name in defaults.keys() - documented.keys()}
    assert defaults == documented | typed
    assert [name for name in typed if not {options[name]["type"], options[name].get("elements")} & {"int", "bool"}] == []
    assert [name for name, value in typed.items() if not str(value).startswith("{{")] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_setting_carries_the_name_of_its_role(role: str) -> None:
    assert [name for name in specs(role)["main"]["options"] if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_verbs_are_the_same_everywhere(role: str) -> None:
    assert [verb for verb in VERBS if not (ROOT / "roles" / role / "tasks" / f"{verb}.yml").is_file()] == []
    assert [verb for verb in VERBS if verb not in specs(role)] == []


@pytest.mark.parametrize("role", ROLES)
def test_it_says_what_it_is_for_and_how_it_is_used(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    purpose = text.partition(f"# {role}\n\n")[2].partition("\n\n")[0]
    assert len(purpose) > 40 and "\n```" in text.partition("<!-- settings")[0]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_no_variable_of_another_role(role: str) -> None:
    """Shared settings enter through the role's own defaults; what remains in tasks and templates is its own."""
    others = [other for other in ROLES if other != role and not role.startswith(other)]
    folders = ["tasks", "templates", "handlers", "vars"]
    text = "\n".join(p.read_text(errors="ignore") for f in folders for p in (ROOT / "roles" / role / f).rglob("*") if p.is_file())
    assert [other for other in others if f"{other}_" in text.replace("neursafe.fl.nsfl", "")] == []


def test_what_never_reports_a_change_says_why() -> None:
    """`changed_when: false` has its reason on its line or on the line above."""
    bare = []
    for path in sorted(path for folder in ("roles", "playbooks", "molecule") for path in (ROOT / folder).rglob("*.yml")):
        lines = ["", *path.read_text(encoding="utf-8").splitlines()]
        places = [number for number, line in enumerate(lines) if line.strip().startswith("changed_when: false")]
        bare += [
            f"{path.relative_to(ROOT)}:{number}"
            for number in places
            if "#" not in lines[number] and not lines[number - 1].strip().startswith("#")
        ]
    assert bare == []


SHARED = load(ROOT / "meta" / "shared_variables.yml")["argument_specs"]["shared"]["options"]
GROUPS = {"nsfl_object_store", "nsfl_database", "nsfl_nodes", "nsfl_clients", "nsfl_cluster_clients"}
TABLES = {"nsfl_task_metas"}  # the successor's own name


@pytest.mark.parametrize("role", ROLES)
def test_shared_settings_are_documented(role: str) -> None:
    files = [ROOT / "roles" / role / "defaults" / "main.yml", *(ROOT / "roles" / role / "vars").glob("*.yml")]
    names = {name for path in files for name in re.findall(r"(?<![\w/.-])nsfl_\w+", path.read_text(encoding="utf-8"))}
    assert {name for name in names if not name.startswith(f"{role}_")} - set(SHARED) - GROUPS - TABLES - set(ROLES) == set()


def test_every_shared_setting_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles").glob("*/defaults/main.yml"))
    # What several lookups take is in a fragment of their documentation.
    text += "\n".join(
        path.read_text(encoding="utf-8") for kind in ("lookup", "doc_fragments") for path in (ROOT / "plugins" / kind).glob("*.py")
    )
    text += "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles").glob("*/vars/*.yml"))
    text += "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml"))
    assert [name for name in SHARED if name not in text] == []
