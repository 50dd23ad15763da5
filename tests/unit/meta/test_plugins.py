# SPDX-License-Identifier: Apache-2.0
"""Every plugin is documented and tested."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
KINDS = ["modules", "filter", "lookup", "inventory"]
PLUGINS = sorted(path for kind in KINDS for path in (ROOT / "plugins" / kind).glob("*.py"))
TESTED = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "unit").rglob("test_*.py"))
USED = "\n".join(p.read_text(encoding="utf-8") for folder in ("roles", "playbooks", "inventories") for p in (ROOT / folder).rglob("*.yml"))


def block(source: str, name: str) -> str:
    found = re.search(rf'^{name} = r?"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def identifier(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", PLUGINS, ids=identifier)
def test_documentation_and_examples_parse(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert yaml.safe_load(block(source, "DOCUMENTATION"))["short_description"]
    assert yaml.safe_load(block(source, "EXAMPLES"))


@pytest.mark.parametrize("path", PLUGINS, ids=identifier)
def test_something_runs_it(path: Path) -> None:
    """A unit test imports it, or a role or playbook that the end-to-end run goes through uses it."""
    assert f"plugins.{path.parent.name}.{path.stem}" in TESTED or f"neursafe.fl.{path.stem}" in USED or f"import {path.stem}" in TESTED


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "filter").glob("*.py")), ids=identifier)
def test_filters_are_found_under_the_name_of_their_file(path: Path) -> None:
    plugin = importlib.import_module(f"ansible_collections.neursafe.fl.plugins.filter.{path.stem}").FilterModule()
    assert all(callable(function) for function in plugin.filters().values())
    assert path.stem in plugin.filters()


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "modules").glob("*.py")), ids=identifier)
def test_modules_state_what_they_support(path: Path) -> None:
    documentation = yaml.safe_load(block(path.read_text(encoding="utf-8"), "DOCUMENTATION"))
    text = str(documentation.get("attributes", {})) + str(documentation.get("extends_documentation_fragment", ""))
    assert "check_mode" in text or "attributes" in text


def test_files_are_short() -> None:
    long = {str(p.relative_to(ROOT)): n for p in (ROOT / "plugins").rglob("*.py") if (n := len(p.read_text().splitlines())) > 320}
    assert long == {}
