# SPDX-License-Identifier: Apache-2.0
"""Every role is tried by Molecule, with each of its providers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
SCENARIOS = sorted(path.parent for path in (ROOT / "molecule").glob("*/molecule.yml"))
# The playbooks that users run, and what every role has to bear.
WHOLE = {"server", "client", "upgrade", "check_mode", "invalid_input"}
# Sequences without a second run that has to change nothing, and why.
ONCE = {
    "check_mode": "nothing is converged",
    "invalid_input": "every run is refused",
    "nsfl_verify": "each run makes a job of its own",
    "upgrade": "an upgrade ends with a job",
}
# Scenarios whose role takes its default provider on the hosts they name.
DEFAULT_PROVIDERS = {"nsfl_client_cluster": "cluster", "nsfl_client_standalone": "standalone"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def choices(role: str) -> list[str]:
    """The providers of a role, or none."""
    options = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    found: list[str] = options.get(f"{role}_provider", {}).get("choices", [])
    return found


def settings(scenario: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(scenario / "vars" / "main.yml")
    return found


@pytest.mark.parametrize("role", ROLES)
def test_each_role_and_provider_has_a_scenario(role: str) -> None:
    default = load(ROOT / "roles" / role / "defaults" / "main.yml").get(f"{role}_provider")
    tried = {
        str(settings(scenario).get(f"{role}_provider", DEFAULT_PROVIDERS.get(scenario.name, default)))
        for scenario in SCENARIOS
        if settings(scenario).get("molecule_role") == role
    }
    assert tried
    assert [choice for choice in choices(role) if not any(choice in provider for provider in tried)] == []


def test_the_playbooks_as_a_whole_have_scenarios() -> None:
    assert WHOLE - {scenario.name for scenario in SCENARIOS} == set()


def test_what_make_test_leaves_out_is_in_make_faults() -> None:
    left_out = re.findall(r"--exclude (\w+)", (ROOT / "tests" / "checks.toml").read_text(encoding="utf-8"))
    found = re.search(r"^LONG_SCENARIOS = (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert found and sorted(found[1].split()) == sorted(left_out)
    assert set(left_out) < {scenario.name for scenario in SCENARIOS}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: str(path.name))
def test_a_second_run_is_part_of_the_sequence(scenario: Path) -> None:
    common = load(ROOT / ".config" / "molecule" / "config.yml")["scenario"]["test_sequence"]
    sequence = load(scenario / "molecule.yml").get("scenario", {}).get("test_sequence", common)
    assert ("idempotence" in sequence) is (scenario.name not in ONCE)


def test_the_upgrade_starts_from_the_oldest_release_that_the_changelog_names() -> None:
    """Before the first release is made, from the one that it will be."""
    released = load(ROOT / "changelogs" / "changelog.yaml").get("releases") or {load(ROOT / "galaxy.yml")["version"]: {}}
    oldest = min(released, key=lambda version: [int(part) for part in version.split("-")[0].split(".")])
    assert settings(ROOT / "molecule" / "upgrade")["molecule_oldest"] == oldest
    assert (ROOT / "molecule" / "upgrade" / "files" / f"{oldest}.json.j2").is_file()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: str(path.name))
def test_a_scenario_asks_questions_of_its_own(scenario: Path) -> None:
    """The verb `verify` alone would be the role's word about itself."""
    text = (scenario / "verify.yml").read_text(encoding="utf-8")
    imported = "../resources/way_in.yml" in text
    assert imported or "ansible.builtin.assert" in text or "include_tasks: ../resources" in text
