# SPDX-License-Identifier: Apache-2.0
"""docs/deviations.md is complete and true: what is rendered differs from upstream's output just where it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import upstream_generator
import yaml
from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._config import read_config
from ansible_collections.neursafe.fl.plugins.module_utils._config_text import read_text
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects, server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._setup_files import client_selector_setup, task_manager_setup
from ansible_collections.neursafe.fl.plugins.plugin_utils._rendered_files import rendered_files

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = ROOT / "tests" / "unit" / "configs"
EXPECTED: dict[str, Any] = {
    name: said for path in sorted(CONFIGS.glob("expected-*.yml")) for name, said in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}
GOOD = [name for name, item in EXPECTED.items() if item["shape"] == "2022" and not item["problems"]]
TABLE = re.compile(r"^\| (\w+) \| `([^`]+)` \| `([^`]+)` \|", re.MULTILINE)
ROWS = TABLE.findall((ROOT / "docs" / "deviations.md").read_text(encoding="utf-8"))
# Kubernetes' own defaults, written out by upstream.
DEFAULTS = {"Deployment pod.restartPolicy": '"Always"'}


def rendered(name: str) -> dict[str, list[dict[str, Any]]]:
    """The files of a configuration, with what a run takes from elsewhere."""
    kind = EXPECTED[name]["kind"]
    tree = read_config((CONFIGS / name).read_text(encoding="utf-8"), kind).settings
    if kind == "server":
        tree["k8s"]["cluster_dns"] = "10.96.0.10"
        setup = {"client_selector_setup.json": client_selector_setup(tree)}
        parts = ("job_scheduler", "model_manager")
        way_in = {"provider": "ingress", "k8s": {key: tree["k8s"][key] for key in ("namespace",) if key in tree["k8s"]}}
        way_in |= {part: {key: tree[part][key] for key in ("service_name", "port")} for part in parts}
        objects = server_objects(tree) + api_server_objects(way_in)
        backends = {tree[part]["service_name"]: part.replace("_", "-") for part in parts}
    else:
        tree["k8s"]["kubectl_image"] = "kubectl:1"
        tree["task_manager"]["options"] = {"REPORT_HEARTBEAT": "30", **tree["task_manager"].get("options", {})}
        setup = {"task_manager_setup.json": task_manager_setup(tree)}
        objects, backends = client_objects(tree), {}
    entries = rendered_files(objects, setup, backends)
    return {entry["path"]: list(yaml.safe_load_all(entry["content"])) for entry in entries}


def upstreams(name: str) -> dict[str, list[dict[str, Any]]]:
    """What the generator would write, had the file been free of what it stumbles over or spells differently."""
    config = read_text((CONFIGS / name).read_text(encoding="utf-8")).value
    mended = read_config((CONFIGS / name).read_text(encoding="utf-8"), EXPECTED[name]["kind"]).settings
    if EXPECTED[name]["kind"] == "server":
        for path in ("job_scheduler.port", "client_selector.port", "proxy.grpc_port", "proxy.external", "others.log_level"):
            part, key = path.split(".")
            config[part][key] = mended[part][key]
        config["storage"]["type"], config["db"]["type"] = mended["storage"]["type"], mended["db"]["type"]
        return upstream_generator.server(config)
    volumes, manager = config["task_manager"]["volumes"], config["task_manager"]
    manager["volumes"] = {name.replace("task_configs", "task-configs"): value for name, value in volumes.items()}
    manager["external"], manager["runtime"] = mended["task_manager"]["external"], ",".join(mended["task_manager"]["runtime"])
    manager.setdefault("platform", "k8s")
    return upstream_generator.client(config)


def differences(name: str) -> Iterator[tuple[str, str]]:
    ours = rendered(name)
    for file, documents in upstreams(name).items():
        theirs = {path: leaf for item in documents for path, leaf in upstream_generator.leaves(item).items()}
        mine = {path: leaf for item in ours[file] for path, leaf in upstream_generator.leaves(item).items()}
        for path in sorted(theirs.keys() | mine.keys()):
            empty = {"[]", "{}", None}
            if {theirs.get(path), mine.get(path)} <= empty or mine.get(path, DEFAULTS.get(path)) == theirs.get(path):
                continue
            yield file, path


def pattern(text: str) -> str:
    """A row's pattern, in which brackets are brackets."""
    return text.replace("[", "[[]")


def matches(row: tuple[str, str, str], file: str, path: str) -> bool:
    return fnmatchcase(file, row[1]) and fnmatchcase(path, pattern(row[2]))


FOUND = {(file, path) for name in GOOD for file, path in differences(name)}


@pytest.mark.parametrize("name", GOOD)
def test_every_difference_is_in_the_table(name: str) -> None:
    assert [(file, path) for file, path in differences(name) if not any(matches(row, file, path) for row in ROWS)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_every_row_of_the_table_is_a_difference(row: tuple[str, str, str]) -> None:
    assert any(matches(row, file, path) for file, path in FOUND)


@pytest.mark.parametrize("name", GOOD)
def test_variables_have_upstreams_order_and_values_but_for_the_table(name: str) -> None:
    """A wide row for option values (G6) shall not hide another value."""
    ours = rendered(name)
    for file, documents in upstreams(name).items():
        for item in documents:
            if item.get("kind") != "Deployment":
                continue
            container = item["spec"]["template"]["spec"]["containers"][0]
            (mine,) = [found for found in ours[file] if found["kind"] == "Deployment"]
            env = mine["spec"]["template"]["spec"]["containers"][0]["env"]
            values = {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in env}
            theirs = {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}
            common = [entry for entry in theirs if entry in values]
            assert set(theirs) - set(common) <= {"STORAGE_ENDPOINT", "ACCESS_KEY", "SECRET_KEY"}
            assert [key for key in values if key in common] == common
            for key in common:
                said = theirs[key] if isinstance(theirs[key], dict) else str(theirs[key])
                assert values[key] == said or key == "K8S_ADDRESS" or (key.endswith("_ADDRESS") and ".research:" in values[key])


def test_nginx_conf_deviates_in_what_the_second_table_says() -> None:
    template = (ROOT / "roles" / "nsfl_server" / "templates" / "nginx.conf.j2").read_text(encoding="utf-8")
    assert "env TOKEN;" in template
    assert "svc.{{ nsfl_server_cluster_domain }}:{{ nsfl_server_client_selector_port }}" in template
    assert "error_log /dev/stdout {{ nsfl_server_proxy_log_level }};" in template and "JOB_SCHEDULER_ADDRESS" not in template
    # Y3: the image's script knows one namespace; it stays with the guide's layout.
    guide, successor = template.partition("{% if nsfl_server_layout == 'hostpath' %}")[2].split("{% else %}")[:2]
    assert "rewrite_by_lua_file lua/router.lua;" in guide and "router.lua;" not in successor
    assert '".{{ nsfl_server_namespace }}.svc.{{ nsfl_server_cluster_domain }}"' in successor


def test_every_test_that_the_second_table_names_is_there() -> None:
    text = (ROOT / "docs" / "deviations.md").read_text(encoding="utf-8")
    assert [name for name in set(re.findall(r"`(test_\w+\.py)`", text)) if not list((ROOT / "tests" / "unit").rglob(name))] == []
