# SPDX-License-Identifier: Apache-2.0
"""What the preflight makes of the settings and of the roles' findings."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.filter.at_rest import at_rest
from ansible_collections.neursafe.fl.plugins.filter.host_problems import host_problems
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_names, shared_names, unknown


def test_a_misspelt_setting_is_told_with_its_nearest_name() -> None:
    assert unknown(["nsfl_rot", "nsfl_root"]) == ["nsfl_rot: no role knows a setting of this name; write nsfl_root"]


def test_a_setting_like_no_other_is_told_too() -> None:
    assert unknown(["nsfl_q"], known=["nsfl_something_else_entirely"]) == ["nsfl_q: no role knows a setting of this name; remove it"]


def test_shared_settings_are_known() -> None:
    assert {"nsfl_root", "nsfl_registry", "nsfl_fl_namespaces"} <= known_names()


def test_problems_are_gathered_over_roles_and_hosts_and_told_once() -> None:
    hostvars: dict[str, dict[str, object]] = {
        "node-1": {"__nsfl_server_problems": ["port taken"], "__nsfl_database_problems": ["no room"]},
        "node-2": {"__nsfl_server_problems": ["port taken"], "nsfl_root": "/mnt", "__nsfl_x": ["not a problem"]},
    }
    assert host_problems(hostvars) == ["node-1 - no room", "all hosts - port taken"]
    assert host_problems({**hostvars, "node-3": {}})[1] == "node-1, node-2 - port taken"


class Hostvars(dict[str, dict[str, list[str]]]):
    """Like Ansible's: the controller is there when it is asked for, and missing from an iteration."""

    def __contains__(self, host: object) -> bool:
        return host == "localhost" or super().__contains__(host)

    def __missing__(self, host: str) -> dict[str, list[str]]:
        return {"__nsfl_images_problems": ["no such tree"]}


def test_the_controller_is_asked_though_no_inventory_lists_it() -> None:
    assert host_problems(Hostvars({"node-1": {}})) == ["localhost - no such tree"]


def test_a_setting_is_named_as_it_stands_in_the_inventory() -> None:
    problem = "nsfl_server_proxy_grpc_port: 9090 is outside the range"
    assert host_problems({"a": {"__nsfl_server_problems": [problem]}}) == ["a - nsfl_proxy_grpc_port: 9090 is outside the range"]
    own = {"nsfl_server_proxy_grpc_port": 9090, "__nsfl_server_problems": [problem]}
    assert host_problems({"a": own}) == [f"a - {problem}"]


def test_shared_settings_of_roles_are_found_in_their_defaults() -> None:
    shared = shared_names()
    assert shared["nsfl_server_database_password"] == "nsfl_db_password"
    assert shared["nsfl_images_registry"] == shared["nsfl_client_registry"] == "nsfl_registry"
    assert "nsfl_server_selector_dir" not in shared
    assert set(shared.values()) <= known_names()


def test_what_follows_from_a_value_of_a_wrong_type_is_not_told() -> None:
    facts = {
        "__nsfl_inventory_problems": ["nsfl_fl_namespaces: 'ab' is no list; write it as a list"],
        "__nsfl_server_problems": ["nsfl_fl_namespaces: 'a' has 1 characters; use 3", "nsfl_root: it is wrong; correct it"],
    }
    assert host_problems({"a": facts}) == ["a - " + facts["__nsfl_inventory_problems"][0], "a - " + facts["__nsfl_server_problems"][1]]


def test_what_the_preflight_noted_counts_until_there_is_a_fact_of_that_name() -> None:
    look = {"facts": {"__nsfl_server_problems": ["nsfl_x: one; mend it"], "__nsfl_server_at_rest": True}}
    assert host_problems({"a": {"__nsfl_preflight": look}}) == ["a - nsfl_x: one; mend it"]
    assert host_problems({"a": {"__nsfl_preflight": look, "__nsfl_server_problems": []}}) == []
    assert at_rest({"a": {"__nsfl_preflight": look}}, {"a": ["nsfl_server"]})
    assert not at_rest({"a": {"__nsfl_preflight": look, "__nsfl_server_at_rest": False}}, {"a": ["nsfl_server"]})
    assert not at_rest({"a": {"__nsfl_preflight": look}}, {"a": ["nsfl_server", "nsfl_images"]})
