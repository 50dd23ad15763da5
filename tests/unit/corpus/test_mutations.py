# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with settings: they are refused, in words, or they make objects that are sound. Never anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.module_utils._config import read_config
from ansible_collections.neursafe.fl.plugins.plugin_utils._config_variables import as_inventory, config_variables, placed
from ansible_collections.neursafe.fl.plugins.plugin_utils._setting_values import value_problems
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings
from corpus import quick_checksums, within
from mutations import KINDS, ROLES, SEED, Mutation, mutations, outcome, typed_mutations
from test_corpus import LONGEST, SENTENCE

COUNT = 400
CHUNK = 100


def named(mutation: Mutation) -> str:
    return f"seed {SEED}, {mutation.kind} {mutation.number} ({mutation.what})"


def wrong(some: Iterable[Mutation], refused: list[bool]) -> Iterator[str]:
    """What should not have become of mutations; and whether each was refused."""
    for mutation in some:
        name = named(mutation)
        try:
            with within(5), quick_checksums():
                result = outcome(mutation)
        except Exception as error:  # whatever it is, the case that made it is to be told
            yield f"{name}: {type(error).__name__}: {error}"
            continue
        refused.append(bool(result.problems))
        yield from (f"{name}: {fault}" for fault in result.faults)
        yield from (f"{name}: said {text!r}" for text in result.problems if not SENTENCE.fullmatch(text) or len(text) > LONGEST)
        yield from (f"{name}: shows a secret" for text in result.problems if "canary" in text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_a_mutation_is_refused_in_words_or_makes_sound_objects(kind: str, first: int) -> None:
    refused: list[bool] = []
    assert list(wrong(list(mutations(kind, first + CHUNK))[first:], refused)) == []
    # Neither is everything refused, nor is everything let through.
    assert any(refused)
    assert not all(refused)


@pytest.mark.parametrize("kind", ROLES)
def test_other_values_of_the_right_types_are_refused_in_words_or_work(kind: str) -> None:
    refused: list[bool] = []
    assert list(wrong(typed_mutations(kind, COUNT), refused)) == []
    assert any(refused)
    assert not all(refused)


class _Inventory(yaml.SafeLoader):
    """As Ansible reads it: what is marked is no template."""


_Inventory.add_constructor("!unsafe", lambda _loader, node: node.value)


@pytest.mark.parametrize("kind", ["server_config", "client_config"])
def test_a_file_that_is_accepted_becomes_variables_of_the_right_types(kind: str) -> None:
    accepted = 0
    for mutation in mutations(kind, COUNT):
        config = read_config(mutation.tree, kind.removesuffix("_config"))
        if config.problems:
            continue
        accepted += 1
        found, _notices = placed(config_variables(config), "nsfl-system", ["default", "models", "nsfl-system"])
        written: dict[str, Any] = yaml.load(as_inventory(found, config.kind, "config.json"), _Inventory)
        assert written == {item.name: item.value for item in found}, named(mutation)
        told = [text for item in found for text in value_problems(item.name, item.value, known_settings()[item.name])]
        assert told == [], named(mutation)
    assert accepted > 10
