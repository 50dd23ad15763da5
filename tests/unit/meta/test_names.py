# SPDX-License-Identifier: Apache-2.0
"""Names: each `nsfl_…` that is written somewhere is known, and names are made of words that words.yml lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import get_docstring
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_names

ROOT = Path(__file__).resolve().parents[3]
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
GROUPS = {"nsfl_object_store", "nsfl_database", "nsfl_nodes", "nsfl_clients", "nsfl_cluster_clients", "nsfl_cli"}
# With the prefix, and no setting: a table of the successor, the mistake that molecule/invalid_input makes, an example's account.
OTHERS = {"nsfl_task_metas", "nsfl_typo", "nsfl_admin"}
PUBLIC = re.compile(r"(?<![\w/.-])nsfl_\w+")
INTERNAL = re.compile(r"__nsfl_\w+")
# Read by the endings of their names: the filters host_problems and at_rest look through the variables of all roles,
# playbooks/rotate.yml takes the proof of each role that it has asked for one, and playbooks/render.yml what each has rendered.
ENDINGS = ("_problems", "_at_rest", "_proof", "_rendered")


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in (".yml", ".j2", ".py", ".md", ".json") and path.is_file())


def test_each_public_name_is_a_setting_a_role_or_a_group() -> None:
    # In Python a prefix is a name's beginning; whole ones are checked.
    written = {
        path.relative_to(ROOT): {name for name in PUBLIC.findall(path.read_text(encoding="utf-8")) if not name.endswith("_")}
        for path in [ROOT / "README.md", *files("roles", "playbooks", "molecule", "inventories", "plugins", "docs")]
    }
    known = known_names() | ROLES | GROUPS | OTHERS
    assert {str(path): names - known for path, names in written.items() if names - known} == {}


def test_each_internal_name_is_both_given_and_used() -> None:
    ours, tests = (
        Counter(name for path in files(*folders) for name in INTERNAL.findall(path.read_text(encoding="utf-8")))
        for folders in (("roles", "playbooks", "molecule", "inventories", "plugins"), ("tests",))
    )
    assert [name for name, times in ours.items() if times + tests[name] == 1 and not name.endswith(ENDINGS)] == []


# -- words -------------------------------------------------------------------------------------------------------------
LISTED = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
WORDS = set(LISTED["words"].split()) | set(LISTED["terms"])


def options(described: Any, inner: tuple[str, ...]) -> Iterator[str]:
    """Names of options or return values, at every depth."""
    for name, option in (described or {}).items():
        yield str(name)
        for key in inner:
            yield from options(option.get(key), inner)


def plugin_names(path: Path) -> set[str]:
    kind = path.parent.name
    found, _examples, returns, _metadata = get_docstring(
        str(path), fragment_loader, collection_name="neursafe.fl", is_module=kind == "modules", plugin_type=kind
    )
    names = {path.stem, *options((found or {}).get("options"), ("options", "suboptions"))}
    returned = yaml.safe_load(returns) if isinstance(returns, str) else returns
    return names | set(options(returned, ("contains",)))


def all_names() -> Iterator[str]:
    """What somebody has to type or to look for: settings, options, values that are returned, plugins, roles, playbooks, files, targets."""
    yield from known_names()
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            yield from options(entry.get("options"), ("options",))
    for kind in ("modules", "filter", "lookup", "inventory"):
        for path in (ROOT / "plugins" / kind).glob("*.*"):
            yield from plugin_names(path) if path.suffix in (".py", ".yml") else ()
    for pattern in ("plugins/*/*.py", "roles/*/tasks/*.yml", "roles/*", "playbooks/**/*.yml", "docs/**/*.md", "molecule/*", "tools/*.py"):
        yield from (path.name.split(".")[0] for path in ROOT.glob(pattern))
    yield from re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


USED = {word: name for name in all_names() for word in re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word}


def test_names_are_made_of_listed_words() -> None:
    unknown = {word: name for word, name in USED.items() if word not in WORDS}
    assert unknown == {}, "take a word of words.yml, or add it there"


def test_no_listed_word_is_left_over() -> None:
    assert WORDS - set(USED) == set()


@pytest.mark.parametrize("term", sorted(LISTED["terms"]))
def test_a_term_is_explained_and_is_no_plain_word(term: str) -> None:
    assert LISTED["terms"][term] and term not in LISTED["words"].split()
