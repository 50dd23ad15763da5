# SPDX-License-Identifier: Apache-2.0
"""Who has work where, and when there is none left."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.at_rest import at_rest
from ansible_collections.neursafe.fl.plugins.filter.layers import layers

GROUPS = {"nsfl_object_store": ["store"], "nsfl_nodes": ["one", "two"], "nsfl_database": ["one"]}
CONTROLLER = ["nsfl_images", "nsfl_server", "nsfl_api_server"]


def test_each_host_has_the_roles_of_its_groups() -> None:
    assert layers(GROUPS) == {
        "store": ["nsfl_object_store"],
        "one": ["nsfl_shared_storage", "nsfl_directories", "nsfl_database"],
        "two": ["nsfl_shared_storage", "nsfl_directories"],
        "localhost": CONTROLLER,
    }


@pytest.mark.parametrize("groups", [{}, {"nsfl_object_store": [], "nsfl_database": []}])
def test_the_controller_asks_what_no_host_of_ours_serves(groups: dict[str, list[str]]) -> None:
    assert layers(groups) == {"localhost": ["nsfl_object_store", "nsfl_database", *CONTROLLER]}


def at_rest_everywhere() -> dict[str, dict[str, Any]]:
    return {host: {f"__{role}_at_rest": True for role in roles} for host, roles in layers(GROUPS).items()}


def test_all_are_at_rest() -> None:
    assert at_rest(at_rest_everywhere(), layers(GROUPS))


@pytest.mark.parametrize(("host", "role"), [(host, role) for host, roles in layers(GROUPS).items() for role in roles])
def test_one_that_is_not_is_enough(host: str, role: str) -> None:
    hostvars = at_rest_everywhere()
    hostvars[host][f"__{role}_at_rest"] = False
    assert not at_rest(hostvars, layers(GROUPS))
    del hostvars[host][f"__{role}_at_rest"]
    assert not at_rest(hostvars, layers(GROUPS))
