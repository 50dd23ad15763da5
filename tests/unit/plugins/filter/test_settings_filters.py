# SPDX-License-Identifier: Apache-2.0
"""The two filters that preflight.yml uses itself."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.filter.host_problems import host_problems
from ansible_collections.neursafe.fl.plugins.filter.unknown_settings import unknown
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_names


def test_a_misspelt_setting_is_told_with_its_nearest_name() -> None:
    assert unknown(["nsfl_rot", "nsfl_root"]) == ["nsfl_rot: no role knows a setting of this name; write nsfl_root"]


def test_a_setting_like_no_other_is_told_too() -> None:
    assert unknown(["nsfl_q"], known=["nsfl_something_else_entirely"]) == ["nsfl_q: no role knows a setting of this name; remove it"]


def test_shared_settings_are_known() -> None:
    assert {"nsfl_root", "nsfl_registry", "nsfl_fl_namespaces"} <= known_names()


def test_problems_are_gathered_over_roles_and_hosts_and_told_once() -> None:
    hostvars = {
        "node-1": {"__nsfl_server_problems": ["port taken"], "__nsfl_database_problems": ["no room"]},
        "node-2": {"__nsfl_server_problems": ["port taken"], "nsfl_root": "/mnt", "__nsfl_x": ["not a problem"]},
    }
    assert host_problems(hostvars) == ["node-1 - no room", "node-1, node-2 - port taken"]
