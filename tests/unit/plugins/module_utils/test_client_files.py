# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.neursafe.fl.plugins.filter.client_tree import FilterModule as TreeFilter
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS
from ansible_collections.neursafe.fl.plugins.filter.standalone_client import FilterModule as StandaloneFilter

client_tree = TreeFilter().filters()["client_tree"]
standalone_client = StandaloneFilter().filters()["standalone_client"]
host_problems = FILTERS["client_host_problems"]
ROOT = "/workspace/tm"
FOLDERS = {name: f"{ROOT}/{name}" for name in ("lmdb", "workspace", "datasets", "task_configs")}
STEP = {"command": "python3.7", "entry": "train.py"}


def settings(**other: Any) -> dict[str, Any]:
    return {
        "name": "nsfl-client",
        "root": ROOT,
        "folders": FOLDERS,
        "host": "0.0.0.0",
        "port": 22000,
        "server": "10.0.0.1:30091",
        "external_address": "10.0.0.2:22000",
        "runtime": ["tensorflow", " pytorch"],
        "storage_quota": "1024",
        "registration": True,
        "log_level": "info",
        "label": "",
        "max_task_parallelism": -1,
        **other,
    }


def test_setup_has_every_key_in_the_type_that_the_component_wants() -> None:
    content = json.loads(standalone_client(settings())["setup"])
    assert content == {
        "host": "0.0.0.0",
        "port": 22000,
        "server": "10.0.0.1:30091",
        "lmdb_path": f"{ROOT}/lmdb",
        "workspace": f"{ROOT}/workspace",
        "platform": "linux",
        "task_config_entry": f"{ROOT}/task_configs",
        "datasets": f"{ROOT}/datasets/datasets.json",
        "storage_quota": 1024,
        "log_level": "INFO",
        "external_address": "10.0.0.2:22000",
        "registration": "True",
        "runtime": "tensorflow,pytorch",
        "label": "",
        "max_task_parallelism": -1,
    }


def test_optional_keys_are_written_only_when_they_say_something() -> None:
    plan = standalone_client(settings(username="u", password="", ssl="/etc/fl/ssl", setup={"label": "x86"}))
    content = json.loads(plan["setup"])
    assert content["username"] == "u" and "password" not in content and content["label"] == "x86"
    assert plan["mounts"] == ["/etc/fl/ssl", ROOT]


def test_mounts_cover_data_outside_the_root_once() -> None:
    plan = standalone_client(settings(datasets={"a": "/data/a", "b": "/data/a/b", "c": f"{ROOT}/datasets/c.npz", "d": "/data/ab"}))
    assert plan["mounts"] == ["/data/a", "/data/ab", ROOT]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"server": ""}, "nsfl_client_server: not set"),
        ({"server": "10.67.134.15.9001"}, "write 10.67.134.15:9001"),
        ({"server": "http://10.0.0.1:30091"}, "is a URL"),
        ({"server": "10.0.0.1"}, "is not HOST:PORT"),
        ({"server": "10.0.0.1:70000"}, "is not HOST:PORT"),
        ({"server": "[::1]:30091"}, "no IPv6"),
        ({"external_address": "0.0.0.0:22000"}, "leads the server to itself"),
        ({"external_address": "localhost:22000"}, "leads the server to itself"),
        ({"port": 0}, "nsfl_client_port: 0"),
        ({"runtime": ["Tensorflow"]}, "nsfl_client_runtime: 'Tensorflow' is unknown"),
        ({"runtime": []}, "nsfl_client_runtime"),
        ({"storage_quota": 0}, "nsfl_client_storage_quota"),
        ({"name": "a b"}, "nsfl_client_name"),
        ({"root": "relative"}, "nsfl_client_root: 'relative'"),
        ({"folders": {**FOLDERS, "lmdb": "/var/lmdb"}}, "nsfl_client_lmdb_dir: '/var/lmdb' lies outside"),
        ({"datasets": {"d": "/a/../etc"}}, "nsfl_client_datasets.d"),
        ({"datasets": {"d": "/a:b"}}, "cannot be mounted"),
        ({"setup": {"labl": "x"}}, "did you mean label?"),
        ({"tasks": [{"name": "../x", "train": STEP}]}, "nsfl_client_tasks[0].name"),
        ({"tasks": [{"name": "t", "train": {"command": "python"}}]}, "nsfl_client_tasks[0].train: entry missing"),
        ({"tasks": [{"name": "t", "train": STEP}, {"name": "t", "train": STEP}]}, "more than once"),
    ],
)
def test_problems_name_the_setting_and_the_fix(other: dict[str, Any], words: str) -> None:
    plan = standalone_client(settings(**other))
    assert any(words in problem for problem in plan["problems"]), plan["problems"]
    assert plan["setup"] == ""


def test_all_problems_are_told_at_once() -> None:
    assert len(standalone_client(settings(server="", port=0, runtime=["x"]))["problems"]) == 3


def test_tree_lists_parents_first_and_guards_the_setup_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "train.py").write_text("print()")
    (tmp_path / "sub" / "x.bin").write_bytes(b"\x00\xff")
    task = {"name": "t", "src": str(tmp_path), "files": {"evaluate.py": "pass"}, "train": STEP, "evaluate": STEP}
    plan = {"folders": FOLDERS, "setup_file": f"{ROOT}/setup.json", "setup": "{}", "datasets": {"d": "/d"}, "tasks": [task]}
    entries = client_tree(plan)
    paths = [entry["path"].removeprefix(ROOT + "/") for entry in entries]
    assert paths == [
        "lmdb", "workspace", "datasets", "task_configs", "setup.json", "datasets/datasets.json",
        "task_configs/t", "task_configs/t/sub", "task_configs/t/sub/x.bin", "task_configs/t/train.py", "task_configs/t/evaluate.py",
        "task_configs/t.json",
    ]  # fmt: skip
    by_path = {entry["path"].removeprefix(ROOT + "/"): entry for entry in entries}
    assert by_path["setup.json"]["mode"] == "0600" and by_path["setup.json"]["sensitive"]
    assert base64.b64decode(by_path["task_configs/t/sub/x.bin"]["content_base64"]) == b"\x00\xff"
    assert json.loads(by_path["task_configs/t.json"]["content"])["script_path"] == f"{ROOT}/task_configs/t"
    assert json.loads(by_path["datasets/datasets.json"]["content"]) == {"d": "/d"}
    assert "mode" not in client_tree({**plan, "modes": False})[0]


def test_pods_that_see_the_tree_elsewhere_are_told_so() -> None:
    datasets = {"here": f"{ROOT}/datasets/a.npz", "there": "/data/b.npz", "beside": f"{ROOT}-2/c.npz"}
    plan = {"folders": FOLDERS, "setup_file": "/s", "setup": "", "datasets": datasets, "tasks": [{"name": "t", "train": STEP}]}
    entries = {entry["path"]: entry for entry in client_tree({**plan, "root": ROOT, "mount": "/workspace"})}
    known = json.loads(entries[f"{ROOT}/datasets/datasets.json"]["content"])
    assert known == {"here": "/workspace/datasets/a.npz", "there": "/data/b.npz", "beside": f"{ROOT}-2/c.npz"}
    assert json.loads(entries[f"{ROOT}/task_configs/t.json"]["content"])["script_path"] == "/workspace/task_configs/t"


def test_absent_tasks_go_with_their_scripts() -> None:
    plan = {"folders": FOLDERS, "setup_file": "/s", "setup": "", "datasets": {}, "tasks": [{"name": "t", "state": "absent"}]}
    assert client_tree(plan)[-2:] == [
        {"path": f"{ROOT}/task_configs/t.json", "state": "absent"},
        {"path": f"{ROOT}/task_configs/t", "state": "absent", "recursive": True},
    ]


def test_a_missing_script_folder_is_named() -> None:
    task = {"name": "t", "src": "/nonexistent", "train": STEP}
    with pytest.raises(AnsibleFilterError, match="task t: src /nonexistent is no folder"):
        client_tree({"folders": FOLDERS, "setup_file": "/s", "setup": "", "datasets": {}, "tasks": [task]})


FACTS = {
    "name": "nsfl-client",
    "port": 22000,
    "root": ROOT,
    "lmdb": f"{ROOT}/lmdb",
    "engine": "podman",
    "engine_install": True,
    "engine_args": [],
    "resource": {},
    "storage_quota": 100,
}


def host(**other: Any) -> dict[str, Any]:
    well = {"kind": "directory", "fstype": "ext4", "free_mb": 5000, "trouble": ""}
    return {
        "systemd": True,
        "selinux": {"enforcing": False, "off": []},
        "commands": {"podman": "/usr/bin/podman"},
        "ports": {},
        "paths": {ROOT: well, f"{ROOT}/lmdb": well, "/sys/fs/cgroup": {"fstype": "tmpfs"}},
        **other,
    }


def test_a_good_host_is_no_problem_and_its_own_port_neither() -> None:
    own = {"22000": {"pid": 1, "command": "python3.7", "unit": "libpod-abc.scope"}}
    assert host_problems(host(ports=own), FACTS) == [] == host_problems(host(), FACTS, warnings=True)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"systemd": False}, "init is not systemd"),
        ({"ports": {"22000": {"command": "nginx", "unit": "nginx.service"}}}, "is taken by nginx (nginx.service)"),
        ({"paths": {ROOT: {"kind": "file"}}}, "it is a file"),
        ({"paths": {ROOT: {"trouble": "does not answer"}}}, "does not answer"),
        ({"paths": {ROOT: {"free_mb": 3}}}, "it has 3 MB left"),
        ({"paths": {ROOT: {"read_only": True}}}, "read-only"),
    ],
)
def test_what_a_host_lacks_is_named(other: dict[str, Any], words: str) -> None:
    assert words in host_problems(host(**other), FACTS)[0]


def test_an_engine_that_nobody_may_install_has_to_be_there() -> None:
    assert "podman is not installed" in host_problems(host(commands={"podman": ""}), {**FACTS, "engine_install": False})[0]


def test_what_deserves_attention() -> None:
    paths = {ROOT: {"free_mb": 90}, f"{ROOT}/lmdb": {"fstype": "fuse.s3fs", "remote": True}, "/sys/fs/cgroup": {"fstype": "cgroup2"}}
    notes = host_problems(host(paths=paths), FACTS, warnings=True)
    assert [word for word in ("90 MB left", "fuse.s3fs", "cgroup v2") if not any(word in note for note in notes)] == []


ENFORCING = {"selinux": {"enforcing": True, "off": []}}


def test_f46_selinux_keeps_a_container_from_its_folders_unless_that_is_said() -> None:
    (problem,) = host_problems(host(**ENFORCING), FACTS)
    assert problem.startswith("nsfl_client_engine_args: SELinux enforces") and "--security-opt=label=disable" in problem
    for word in ("--security-opt=label=disable", "--security-opt=label=type:spc_t", "--privileged"):
        assert host_problems(host(**ENFORCING), {**FACTS, "engine_args": [word]}) == []


@pytest.mark.parametrize(("asked", "setting"), [({"engine_args": ["--gpus=all"]}, "engine_args"), ({"resource": {"gpu": 1}}, "resource")])
def test_f46_a_gpu_that_is_not_there_is_named_with_what_it_lacks(asked: dict[str, Any], setting: str) -> None:
    driver, runtime = host_problems(host(), {**FACTS, **asked})
    assert driver.startswith(f"nsfl_client_{setting}: a GPU is asked for, but there is no /dev/nvidiactl")
    assert "install nvidia-container-toolkit" in runtime
    there = host()
    there["paths"]["/dev/nvidiactl"] = {"exists": True}
    there["commands"]["nvidia-ctk"] = "/usr/bin/nvidia-ctk"
    assert host_problems(there, {**FACTS, **asked}) == []


def test_tasks_of_a_cluster_client_are_checked_too() -> None:
    assert FILTERS["client_task_problems"]([{"name": "t", "train": STEP}]) == []
