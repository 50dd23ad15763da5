# SPDX-License-Identifier: Apache-2.0
"""Existing configuration files of the guide: what each of the files in tests/unit/configs is read as."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.filter.configs import client_config, server_config
from ansible_collections.neursafe.fl.plugins.module_utils._client_checks import client_problems
from ansible_collections.neursafe.fl.plugins.module_utils._config_keys import TABLES
from ansible_collections.neursafe.fl.plugins.module_utils._config_values import _KINDS
from ansible_collections.neursafe.fl.plugins.module_utils._server_checks import server_problems

CONFIGS = Path(__file__).parents[2] / "configs"
EXPECTED: dict[str, Any] = {
    name: said for path in sorted(CONFIGS.glob("expected-*.yml")) for name, said in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}
READ = {"server": server_config, "client": client_config}
GOOD = [name for name, item in EXPECTED.items() if not item["problems"]]


def text_of(name: str) -> str:
    text = (CONFIGS / name).read_text(encoding="utf-8")
    # Some editors begin with a mark and end lines in two characters; in a file of a repository neither lasts.
    return "\ufeff" + text.replace("\n", "\r\n") if "byte-order-mark" in name else text


def read(name: str) -> dict[str, Any]:
    return READ[EXPECTED[name]["kind"]](text_of(name))


def changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """What a file says with one value changed; a value of None takes the key away."""
    tree = json.loads((CONFIGS / name).read_text(encoding="utf-8"))
    *parents, last = path.split("/")
    part = tree
    for parent in parents:
        part = part[parent]
    part[last] = value
    return READ[EXPECTED[name]["kind"]](json.dumps(tree))


def test_every_file_is_looked_at() -> None:
    assert sorted(path.name for path in CONFIGS.glob("*.json")) == sorted(EXPECTED)
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_read_as_expected(name: str) -> None:
    found = read(name)
    assert found["problems"] == EXPECTED[name]["problems"]
    assert [notice.split(":")[0] for notice in found["notices"]] == EXPECTED[name]["notices"]
    assert found["shape"] == EXPECTED[name]["shape"]
    assert bool(found["settings"]) == (not found["problems"])


@pytest.mark.parametrize("name", [name for name in GOOD if "2024" not in name and "in-cluster" not in name])
def test_the_settings_of_a_good_file_are_good_settings(name: str) -> None:
    settings = read(name)["settings"]
    if EXPECTED[name]["kind"] == "server":
        settings["k8s"]["cluster_dns"] = "10.96.0.10"
        assert server_problems(settings) == []
    else:
        settings["k8s"]["kubectl_image"] = "kubectl:1"
        assert client_problems(settings) == []


def test_the_guides_sample_means_what_it_says() -> None:
    settings = read("guide-server-as-printed.json")["settings"]
    assert settings["job_scheduler"]["volumes"]["workspace"]["source"] == "/mnt/neursafe_fl"
    assert settings["model_manager"]["volumes"]["workspace"]["source"] == "/mnt/neursafe_fl/"
    assert settings["job_scheduler"]["coordinator_configs_dir"] == "default"
    assert settings["api_server"] == {"http_port": 30083, "https_port": 30084, "external": True}
    assert settings["k8s"]["gpu_rs_key"] == "nvidia.com/gpu"


def test_the_three_spellings_of_the_gpu_key_are_one() -> None:
    base = json.loads((CONFIGS / "client-2022.json").read_text(encoding="utf-8"))
    for spelling in ("GPU_RS_KEY", "gpu_rs_key", "gpu_res_key"):
        base["k8s"] = {"address": "192.0.2.16:6443", spelling: "amd.com/gpu"}
        assert client_config(json.dumps(base))["settings"]["k8s"]["gpu_rs_key"] == "amd.com/gpu"


def test_both_spellings_of_the_task_configs_are_one() -> None:
    base = json.loads((CONFIGS / "client-2022.json").read_text(encoding="utf-8"))
    volumes = base["task_manager"]["volumes"]
    volumes["task_configs"] = volumes.pop("task-configs")
    assert client_config(json.dumps(base))["settings"] == read("client-2022.json")["settings"]


@pytest.mark.parametrize("kind", ["server", "client"])
@pytest.mark.parametrize("shape", ["2022", "2024"])
def test_g8_each_required_key_is_missed_and_each_key_has_a_check(kind: str, shape: str) -> None:
    name = f"{kind}-2022.json" if shape == "2022" else f"{kind}-2024-claim.json"
    for key in TABLES[kind, shape]:
        assert key.kind in _KINDS
        if key.required:
            problems = changed(name, key.path.replace(".", "/"), None)["problems"]
            assert len(problems) == 1 and problems[0].startswith(key.path) and "is missing; add it" in problems[0]


@pytest.mark.parametrize("kind", ["server", "client"])
@pytest.mark.parametrize("shape", ["2022", "2024"])
def test_the_guides_own_values_pass_the_checks(kind: str, shape: str) -> None:
    name = f"{kind}-2022.json" if shape == "2022" else f"{kind}-2024-claim.json"
    for key in TABLES[kind, shape]:
        if not key.path.startswith("storage.backend"):
            problems = changed(name, key.path.replace(".", "/"), key.example)["problems"] if _there(name, key.path) else []
            assert problems == [], key.path


def _there(name: str, path: str) -> bool:
    part = json.loads((CONFIGS / name).read_text(encoding="utf-8"))
    for key in path.split("."):
        part = part.get(key) if isinstance(part, dict) else None
    return part is not None


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("job_scheduler/port", True, "True is no whole number"),
        ("job_scheduler/port", 80.5, "80.5 is no whole number"),
        ("job_scheduler/port", [8088], "[8088] is no whole number"),
        ("job_scheduler", "nsfl", "'nsfl' is no map"),
        ("db/name", 5, "5 is no name of a database"),
        ("storage/address", "http://[192.0.2.1", "is no URL"),
        ("storage/address", "http://192.0.2.1:99999", "is no URL"),
        ("storage/address", "http://key:hush@192.0.2.1:9000", "has an account in it"),
        ("k8s/GPU_RS_KEY", "gpu", "'gpu' is no name of a resource"),
        ("job_scheduler/image", "not an image", "'not an image' is no image name"),
        ("db/secret_key_ref/user_key", "user name", "'user name' is no key of a Secret"),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: Any, said: str) -> None:
    problems = changed("server-2022.json", path, value)["problems"]
    assert any(problem.startswith(path.replace("/", ".")) and said in problem for problem in problems)
    assert "hush" not in str(problems)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it"),
        ("{", "is not closed; write the missing }"),
        ('{"a": [1, 2', "a is not closed; write the missing ]"),
        ('{"a" 1}', "where the colon after a belongs"),
        ('{"a": 1 2}', "'2' stands after a; write a comma"),
        ('{"a": NaN}', "'NaN' is no value"),
        ('{"a": }', "is no value"),
        ('{"a": "\\q"}', "the text in quotes is broken"),
        ("[" * 40, "nested too deep"),
        ('{"a": ' + "1" * 5000 + "}", "the number is too long"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: str, said: str) -> None:
    (problem,) = server_config(text)["problems"]
    assert problem.startswith("line 1, column ") and said in problem


def test_g12_the_server_calls_back_at_the_node_and_node_port() -> None:
    manager = read("client-2022.json")["settings"]["task_manager"]
    assert manager["external_address"] == "192.0.2.16:30090"
    assert read("client-2024-claim.json")["settings"]["task_manager"]["external_address"] == "192.0.2.16:30090"
    assert read("client-2022-inside.json")["settings"]["task_manager"]["external_address"] == "nsfl-task-manager:9090"
    assert "external_address" not in read("client-2022-in-cluster-address.json")["settings"]["task_manager"]


def test_y7_no_token_of_a_file_goes_anywhere() -> None:
    assert "not-for-anybody" not in str(read("server-2024-claim.json"))
    assert "not-for-anybody" not in str(read("client-2024-claim.json"))
