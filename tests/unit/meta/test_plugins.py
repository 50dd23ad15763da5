# SPDX-License-Identifier: Apache-2.0
"""Every plugin is documented, with an example that uses it as it is, has a unit test, and is at work in an integration test.

A role's scenario of Molecule is the integration test of what the role uses. For what playbooks use it is a test that runs them: on the
whole platform (tests/e2e, tests/faults), or on the controller alone (tests/unit/playbooks). Modules that change hosts and clusters are
not tried on less than that, so there are no targets of ansible-test, which would have neither.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import get_docstring

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
KINDS = ["modules", "filter", "lookup", "inventory", "callback"]
# A Python file that holds several filters leaves their documentation to one file NAME.yml each.
SHARED = [path for path in (PLUGINS / "filter").glob("*.py") if "DOCUMENTATION" not in path.read_text(encoding="utf-8")]
FILES = sorted(path for kind in KINDS for path in (PLUGINS / kind).glob("*.*") if path.suffix in (".py", ".yml"))
DOCUMENTED = [path for path in FILES if path not in SHARED]
MODULES = sorted((PLUGINS / "modules").glob("*.py"))
ACTIONS = sorted((PLUGINS / "action").glob("*.py"))


def identifier(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def texts(*folders: str, suffixes: tuple[str, ...] = (".yml", ".j2", ".py", ".cfg", ".sh")) -> dict[Path, str]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes and path.is_file()]
    return {path: path.read_text(encoding="utf-8") for path in found}


# -- documentation -----------------------------------------------------------------------------------------------------
def docs(path: Path) -> tuple[dict[str, Any], Any]:
    """What ansible-doc shows: documentation with its fragments, and the examples' text."""
    found, examples, _returns, _metadata = get_docstring(
        str(path), fragment_loader, collection_name="neursafe.fl", is_module=path.parent.name == "modules", plugin_type=path.parent.name
    )
    return found, examples


def calls(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """The arguments of each task of this module, wherever it stands in a play."""
    if isinstance(value, list):
        for item in value:
            yield from calls(item, name)
    elif isinstance(value, dict):
        if name in value:
            yield value[name] or {}
        for item in value.values():
            yield from calls(item, name)


@pytest.mark.parametrize("path", DOCUMENTED, ids=identifier)
def test_it_is_documented_with_an_example_that_parses_and_uses_it(path: Path) -> None:
    documentation, examples = docs(path)
    assert documentation["name" if "name" in documentation else "module"] == path.stem
    assert documentation["short_description"] and documentation["description"] and documentation["version_added"]
    if path.parent.name == "callback":
        # It is chosen in ansible.cfg; the requirements say how.
        assert f"neursafe.fl.{path.stem}" in str(documentation["requirements"])
        return
    assert isinstance(yaml.safe_load(examples) if isinstance(examples, str) else examples, list | dict)
    assert f"neursafe.fl.{path.stem}" in str(examples)


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_its_example_knows_its_options(path: Path) -> None:
    documentation, examples = docs(path)
    options = documentation.get("options", {})
    required = {name for name, option in options.items() if option.get("required")}
    used = list(calls(yaml.safe_load(examples), f"neursafe.fl.{path.stem}"))
    assert used
    assert [set(arguments) - set(options) for arguments in used] == [set()] * len(used)
    assert [required - set(arguments) for arguments in used] == [set()] * len(used)


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_modules_state_what_they_support(path: Path) -> None:
    attributes = docs(path)[0]["attributes"]
    assert {"check_mode", "diff_mode", "idempotent"} <= set(attributes)
    assert [name for name, attribute in attributes.items() if attribute.get("support") not in ("full", "partial", "none", "N/A")] == []


def filters_of(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = importlib.import_module(f"ansible_collections.neursafe.fl.plugins.filter.{path.stem}").FilterModule().filters()
    return table


TABLES = [filters_of(path) for path in SHARED]


@pytest.mark.parametrize("path", sorted((PLUGINS / "filter").glob("*.py")), ids=identifier)
def test_filters_have_the_name_of_the_file_that_documents_them(path: Path) -> None:
    assert all(callable(function) for function in filters_of(path).values())
    documented = {file.stem for file in path.parent.glob("*.yml")}
    assert set(filters_of(path)) <= documented if path in SHARED else set(filters_of(path)) == {path.stem}


def test_no_documentation_is_left_over() -> None:
    names = sorted(name for table in TABLES for name in table)
    assert names == sorted(path.stem for path in (PLUGINS / "filter").glob("*.yml"))


@pytest.mark.parametrize("path", ACTIONS, ids=identifier)
def test_an_action_is_documented_as_the_module_of_its_name(path: Path) -> None:
    assert (PLUGINS / "modules" / path.name).is_file()


# -- tests -------------------------------------------------------------------------------------------------------------
UNIT = texts("tests/unit/plugins", "tests/unit/corpus", "tests/unit/playbooks", suffixes=(".py",))
# Modules that are the documentation of their action, which does all of the work.
STUBS = [path for path in MODULES if "def main" not in path.read_text(encoding="utf-8")]
# The actions that run a module within the controller's process; tests/unit/plugins/plugin_utils/test_in_process.py tries all of it.
SHELLS = [path for path in ACTIONS if "(InProcessAction)" in path.read_text(encoding="utf-8")]


def unit_tested(path: Path) -> bool:
    """A unit test imports it; one filter of several in a file: its function, or the filter by its name; a callback is run."""
    kind, name = path.parent.name, path.stem
    patterns = [rf"plugins\.{kind}(\.{name}\b| import (\([^)]*|[^\n(]*)\b{name}\b)"]
    if path.suffix == ".yml":
        module = next(table[name] for table in TABLES if name in table).__module__.rpartition(".")[2]
        patterns += [rf'"{name}"', rf"\.filter\..* import .*\b{name}\b", rf"\.module_utils(\.| import .*\b){module}\b"]
    if kind == "callback":
        patterns += [rf"neursafe\.fl\.{name}\b", rf"plugins\.plugin_utils\._{name}(ed)?\b"]
    return any(re.search("|".join(patterns), text) for text in UNIT.values())


@pytest.mark.parametrize("path", [path for path in [*DOCUMENTED, *ACTIONS] if path not in [*STUBS, *SHELLS]], ids=identifier)
def test_it_has_a_unit_test(path: Path) -> None:
    assert unit_tested(path)


PLAYBOOKS = {path.stem: text for path, text in texts("playbooks").items() if path.parent.name == "playbooks"}
RUN = texts("tests/e2e", "tests/faults", "tests/unit/playbooks", "molecule")


def run_playbooks() -> set[str]:
    """Those that molecule or a test of the whole platform runs, with those they import."""
    said = "\n".join(RUN.values())
    found = set(re.findall(r'(?:run_playbook|converged|newest|play)\(\s*"(\w+)"|playbooks/(\w+)\.yml|neursafe\.fl\.(\w+)', said))
    names = {name for groups in found for name in groups if name in PLAYBOOKS}
    while more := {f for n in names for f in re.findall(r"import_playbook: (\w+)\.yml", PLAYBOOKS[n])} - names:
        names |= more
    return names


# The lab's hosts come from its inventory plugin, and what these tests read from the callbacks.
REACHED = "\n".join(
    [
        *RUN.values(),
        *texts("roles", "playbooks/tasks", "inventories/lab").values(),
        *(PLAYBOOKS[name] for name in sorted(run_playbooks())),
        (ROOT / "ansible.cfg").read_text(encoding="utf-8"),
    ]
)


def test_every_playbook_is_run_by_a_test() -> None:
    assert set(PLAYBOOKS) - run_playbooks() == set()


@pytest.mark.parametrize("path", [*DOCUMENTED, *ACTIONS], ids=identifier)
def test_it_is_at_work_in_an_integration_test(path: Path) -> None:
    assert f"neursafe.fl.{path.stem}" in REACHED


# -- where they are listed ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("group", "fragment"), [("all", ""), ("kubernetes", "neursafe.fl.kubeconfig"), ("api", "neursafe.fl.job_api")])
def test_the_action_groups_are_complete(group: str, fragment: str) -> None:
    members = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"][group]
    modules = {path.stem: path.read_text(encoding="utf-8") for path in MODULES}
    assert members == sorted(name for name, text in modules.items() if fragment in text)
