# SPDX-License-Identifier: Apache-2.0
"""Every plugin is documented and tested."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
KINDS = ["modules", "filter", "lookup", "inventory"]
# A Python file that holds several filters leaves their documentation to one file NAME.yml each.
SHARED = [path for path in (ROOT / "plugins" / "filter").glob("*.py") if "DOCUMENTATION" not in path.read_text(encoding="utf-8")]
FILES = sorted(path for kind in KINDS for path in (ROOT / "plugins" / kind).glob("*.*") if path.suffix in (".py", ".yml"))
PLUGINS = [path for path in FILES if path not in SHARED]
TESTED = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "unit").rglob("test_*.py"))
USED = "\n".join(p.read_text(encoding="utf-8") for folder in ("roles", "playbooks", "inventories") for p in (ROOT / folder).rglob("*.yml"))


def block(path: Path, name: str) -> Any:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".yml":
        text = yaml.safe_load(source)[name]
        return yaml.safe_load(text) if isinstance(text, str) else text
    found = re.search(rf'^{name} = r?"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
    return yaml.safe_load(found.group(1)) if found else None


def identifier(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", PLUGINS, ids=identifier)
def test_documentation_and_examples_parse(path: Path) -> None:
    documentation = block(path, "DOCUMENTATION")
    assert documentation["name" if "name" in documentation else "module"] == path.stem
    assert documentation["short_description"]
    assert block(path, "EXAMPLES")


@pytest.mark.parametrize("path", PLUGINS, ids=identifier)
def test_something_runs_it(path: Path) -> None:
    """A unit test imports it, or a role or playbook that the end-to-end run goes through uses it."""
    imported = f"plugins.{path.parent.name}.{path.stem}" in TESTED or re.search(rf"import .*\b{path.stem}\b", TESTED)
    assert imported or f"neursafe.fl.{path.stem}" in USED


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "filter").glob("*.py")), ids=identifier)
def test_filters_have_the_name_of_the_file_that_documents_them(path: Path) -> None:
    plugin = importlib.import_module(f"ansible_collections.neursafe.fl.plugins.filter.{path.stem}").FilterModule()
    assert all(callable(function) for function in plugin.filters().values())
    documented = {file.stem for file in path.parent.glob("*.yml")}
    assert set(plugin.filters()) <= documented if path in SHARED else set(plugin.filters()) == {path.stem}


def test_no_documentation_is_left_over() -> None:
    shared = [importlib.import_module(f"ansible_collections.neursafe.fl.plugins.filter.{path.stem}").FilterModule() for path in SHARED]
    names = sorted(name for plugin in shared for name in plugin.filters())
    assert names == sorted(path.stem for path in (ROOT / "plugins" / "filter").glob("*.yml"))


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "modules").glob("*.py")), ids=identifier)
def test_modules_state_what_they_support(path: Path) -> None:
    documentation = block(path, "DOCUMENTATION")
    text = str(documentation.get("attributes", {})) + str(documentation.get("extends_documentation_fragment", ""))
    assert "check_mode" in text or "attributes" in text


def test_files_are_short() -> None:
    long = {str(p.relative_to(ROOT)): n for p in (ROOT / "plugins").rglob("*.py") if (n := len(p.read_text().splitlines())) > 320}
    assert long == {}


@pytest.mark.parametrize(("group", "fragment"), [("all", ""), ("kubernetes", "neursafe.fl.kubeconfig"), ("api", "neursafe.fl.job_api")])
def test_the_action_groups_are_complete(group: str, fragment: str) -> None:
    members = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"][group]
    modules = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert members == sorted(name for name, text in modules.items() if fragment in text)
