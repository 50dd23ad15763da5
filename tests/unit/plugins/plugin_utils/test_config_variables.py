# SPDX-License-Identifier: Apache-2.0
"""Settings of a configuration file as variables of an inventory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.module_utils._config import Config, read_config
from ansible_collections.neursafe.fl.plugins.plugin_utils._config_variables import (
    _BELOW_ROOT,
    _CLIENT,
    _SERVER,
    _SERVER_2024,
    as_inventory,
    config_variables,
    placed,
)
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings

CONFIGS = Path(__file__).parents[2] / "configs"


def config(name: str, kind: str = "server", **changes: Any) -> Config:
    """A file, with values changed by path (`part__key`)."""
    tree = json.loads((CONFIGS / name).read_text(encoding="utf-8"))
    for path, value in changes.items():
        part, key = path.split("__")
        tree[part][key] = value
    found = read_config(json.dumps(tree), kind)
    assert found.problems == []
    return found


def values(found: Config) -> dict[str, Any]:
    return {item.name: item.value for item in config_variables(found)}


@pytest.mark.parametrize("name", sorted({name for table in (_SERVER, _CLIENT, _SERVER_2024, _BELOW_ROOT) for _path, name in table}))
def test_each_variable_is_documented(name: str) -> None:
    assert name in known_settings()


def test_images_in_one_place_are_named_by_the_place() -> None:
    found = values(config("server-2022.json"))
    assert (found["nsfl_registry"], found["nsfl_images_tag"], found["nsfl_server_image_tag"]) == ("registry.example:5000", "1.4", "1.4")
    assert "nsfl_server_images" not in found


def test_an_image_in_another_place_is_named_by_itself() -> None:
    digest = f"registry.example:5000/nsfl-proxy@sha256:{'0' * 64}"
    found = values(config("server-2022.json", proxy__image=digest, coordinator__image="other.example/coordinator:2"))
    assert found["nsfl_server_images"] == {"proxy": digest, "coordinator": "other.example/coordinator:2"}
    assert found["nsfl_registry"] == "registry.example:5000"


def test_images_of_other_names_are_all_named_by_themselves() -> None:
    parts = ("job_scheduler", "client_selector", "model_manager", "proxy", "coordinator")
    images = {f"{part}__image": f"fl/{part}" for part in parts}
    found = values(config("server-2022.json", **images))
    assert found["nsfl_server_images"] == {part: f"fl/{part}" for part in parts}
    assert "nsfl_registry" not in found


def test_the_clients_images_are_the_usual_ones_or_named() -> None:
    usual = "registry.example:5000/nsfl-client-cpu:latest"
    found = values(config("client-2022.json", "client", task_manager__image=usual, executor__image=usual))
    assert found["nsfl_client_registry"] == "registry.example:5000" and "nsfl_client_image" not in found
    found = values(config("client-2022.json", "client", task_manager__image=usual, executor__image="gpu:1"))
    assert (found["nsfl_client_image"], found["nsfl_client_executor_image"]) == (usual, "gpu:1")


def test_folders_are_put_into_buckets() -> None:
    found, notices = placed(config_variables(config("server-2022.json")), "nsfl-system", ["default", "models", "nsfl-system"])
    moved = {item.name: item.value for item in found}
    assert moved["nsfl_extra_buckets"] == ["selector", "proxy"]
    assert moved["nsfl_server_selector_dir"] == "/mnt/nsfl/selector/"
    assert moved["nsfl_server_job_scheduler_coordinator_configs_dir"] == "nsfl-system/coordinator_configs"
    assert moved["nsfl_directories_coordinator_configs"] == "coordinator_configs"
    assert len(notices) == 1 and "no bucket can be called coordinator_configs" in notices[0]


def test_folders_in_mounted_buckets_and_elsewhere_stay() -> None:
    elsewhere = {"config": {"source": "/etc/nsfl/proxy"}}
    base = config("server-2022.json", job_scheduler__coordinator_configs_dir="default", proxy__volumes=elsewhere)
    found, notices = placed(config_variables(base), "nsfl-system", ["default", "selector"])
    moved = {item.name: item.value for item in found}
    assert (moved["nsfl_server_proxy_dir"], notices) == ("/etc/nsfl/proxy", [])
    assert moved["nsfl_server_job_scheduler_coordinator_configs_dir"] == "default" and "nsfl_extra_buckets" not in moved


def test_a_text_that_looks_like_a_template_stays_a_text() -> None:
    found = config("server-2022.json", job_scheduler__options={"GREETING": "{{ hello }}"})
    text = as_inventory(config_variables(found), "server", "server_config.json")
    assert "GREETING: !unsafe '{{ hello }}'" in text


def test_every_line_says_where_it_comes_from() -> None:
    text = as_inventory(config_variables(config("server-2022.json")), "server", "server_config.json")
    assert "nsfl_proxy_grpc_port: 30091 # proxy.grpc_port\n" in text
    assert yaml.safe_load(text) == values(config("server-2022.json"))
