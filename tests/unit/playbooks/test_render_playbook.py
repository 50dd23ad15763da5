# SPDX-License-Identifier: Apache-2.0
"""playbooks/render.yml and playbooks/migrate.yml as people run them: no inventory, no cluster, a file and a folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.plugin_utils._setting_values import value_problems
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = ROOT / "tests" / "unit" / "configs"
UPSTREAM_SERVER = {
    *("job-scheduler.yaml", "client-selector.yaml", "model-manager.yaml", "proxy.yaml", "ingress-job-scheduler.yaml"),
    *("ingress-model-manager.yaml", "nginx.conf", "client_selector_setup.json"),
}
UPSTREAM_CLIENT = {"task-manager.yaml", "task_manager_setup.json"}


def play(name: str, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    settings = [word for key, value in variables.items() for word in ("-e", f"nsfl_{key}={value}")]
    return subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks" / f"{name}.yml"), *settings, *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "NSFL_PROGRESS_STYLE": "plain"},
        capture_output=True,
        text=True,
        check=False,
    )


def changes(run: subprocess.CompletedProcess[str]) -> int:
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    recap = run.stdout.partition("PLAY RECAP")[2]
    return int(recap.partition("changed=")[2].split()[0])


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int], str]:
    """The guide's sample rendered: in check mode, for real, and once more."""
    folder = tmp_path_factory.mktemp("render") / "output"
    asked = {"type": "server", "config_file": CONFIGS / "guide-server-as-printed.json", "output_dir": folder}
    foreseen = play("render", "--check", "--diff", **asked)
    assert not folder.exists()
    runs = [foreseen, play("render", **asked), play("render", **asked)]
    return folder, [changes(run) for run in runs], foreseen.stdout


def test_the_guides_sample_becomes_the_generators_files(server: tuple[Path, list[int], str]) -> None:
    folder, counts, _diff = server
    assert set(contents(folder)) >= UPSTREAM_SERVER
    assert counts == [1, 1, 0]


def test_it_takes_no_longer_than_promised(tmp_path: Path) -> None:
    """Processor time, which other work on the machine does not lengthen."""
    before = os.times()
    play("render", type="client", config_file=CONFIGS / "guide-client-mended.json", output_dir=tmp_path)
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 10


def test_check_mode_shows_what_would_be_written(server: tuple[Path, list[int], str]) -> None:
    _folder, _counts, diff = server
    assert "+  name: nsfl-job-scheduler" in diff and "+        listen 30091 http2;" in diff


def test_each_file_is_valid_and_each_further_object_has_one(server: tuple[Path, list[int], str]) -> None:
    folder, _counts, _diff = server
    kinds: dict[str, list[str]] = {
        name: [item["kind"] for item in yaml.safe_load_all(text)] for name, text in contents(folder).items() if name.endswith(".yaml")
    }
    components = ("job-scheduler", "client-selector", "model-manager", "proxy", "api-server")
    # The proxy's HTTP port is for the cluster only.
    assert {name: kinds[f"{name}.yaml"] for name in components} == {
        name: [*(["Service"] if name == "proxy" else []), "Service", "Deployment"] for name in components
    }
    assert kinds["ingress-job-scheduler.yaml"] == ["Ingress"]
    # A token that Kubernetes fills is a reference too.
    assert kinds["serviceaccount-nsfl-job-scheduler.yaml"] == ["ServiceAccount", "Secret"]
    assert kinds["role-nsfl-job-scheduler.yaml"] == ["Role"] and kinds["rolebinding-nsfl-job-scheduler.yaml"] == ["RoleBinding"]
    secrets = [item for text in contents(folder).values() if "kind: Secret" in text for item in yaml.safe_load_all(text)]
    assert [item for item in secrets if item.get("data") or item.get("stringData")] == []


def test_names_namespace_and_images_of_the_inventory_count_too(tmp_path: Path) -> None:
    config = CONFIGS / "server-2022-own-names.json"
    run = play("render", type="server", config_file=config, output_dir=tmp_path, namespace="research", proxy_grpc_port=31009)
    assert changes(run) == 1
    files = contents(tmp_path)
    _inside, service, _deployment = yaml.safe_load_all(files["proxy.yaml"])
    assert service["metadata"]["namespace"] == "research" and [port["nodePort"] for port in service["spec"]["ports"]] == [31009]
    assert yaml.safe_load(files["ingress-job-scheduler.yaml"])["metadata"]["name"] == "jobs"
    assert "0-namespace-research.yaml" in files
    # What stands in the inventory and in the file is told of.
    assert re.search(r"proxy.grpc_port \(line \d+\): the inventory's nsfl_proxy_grpc_port says something else, and holds", run.stdout)


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("client", "guide-client-as-printed.json", ["write 10.67.134.15:9001", "9090 is outside the NodePort range"]),
        ("server", "bad-server-missing.json", ["job_scheduler.port (line 2): is missing", "others.log_level (line 1): is missing"]),
        ("server", "client-2022.json", ["this is the configuration of a client"]),
        ("server", "no-such-file.json", ["the file cannot be read (No such file or directory)"]),
    ],
)
def test_a_bad_file_writes_nothing_and_says_everything(tmp_path: Path, kind: str, name: str, said: list[str]) -> None:
    run = play("render", type=kind, config_file=CONFIGS / name, output_dir=tmp_path / "output")
    assert run.returncode == 2 and not (tmp_path / "output").exists()
    assert "Nothing was changed. Problems found:" in run.stdout
    assert [text for text in said if text not in run.stdout] == []


def test_a_wrong_value_of_the_inventory_writes_nothing_either(tmp_path: Path) -> None:
    config = CONFIGS / "server-2022.json"
    run = play("render", type="server", config_file=config, output_dir=tmp_path / "output", server_coordinator_port=70000)
    assert run.returncode == 2 and not (tmp_path / "output").exists()
    assert "nsfl_server_coordinator_port: 70000 is no usable port" in run.stdout


def test_what_is_asked_for_is_checked(tmp_path: Path) -> None:
    for name in ("render", "migrate"):
        run = play(name, type="clients", output_dir=tmp_path)
        assert run.returncode == 2 and "nsfl_type is server or client" in run.stdout


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("server", "guide-server-as-printed.json"),
        ("server", "server-2022-own-names.json"),
        ("client", "client-2022-extra-volumes.json"),
        ("server", "server-2024-claim.json"),
        ("client", "client-2024-bucket.json"),
    ],
)
def test_the_migrated_variables_render_the_same_files(tmp_path: Path, kind: str, name: str) -> None:
    variables = tmp_path / "group_vars.yml"
    assert changes(play("migrate", type=kind, config_file=CONFIGS / name, variables_file=variables)) == 1
    assert changes(play("migrate", type=kind, config_file=CONFIGS / name, variables_file=variables)) == 0
    settings = yaml.safe_load(variables.read_text(encoding="utf-8"))
    assert [problem for key, value in settings.items() for problem in value_problems(key, value, known_settings()[key])] == []
    changes(play("render", type=kind, config_file=CONFIGS / name, output_dir=tmp_path / "file"))
    changes(play("render", "-e", f"@{variables}", type=kind, output_dir=tmp_path / "variables"))
    ours = contents(tmp_path / "variables")
    if name == "server-2022-own-names.json":
        # The variables are for running too, and s3fs mounts buckets only, whose names have no underscore.
        moved = ours["job-scheduler.yaml"].replace("nsfl-system/coordinator_configs", "coordinator_configs")
        assert moved != ours["job-scheduler.yaml"]
        ours["job-scheduler.yaml"] = moved
    assert contents(tmp_path / "file") == ours
    assert set(contents(tmp_path / "file")) >= (UPSTREAM_SERVER if kind == "server" else UPSTREAM_CLIENT)
    assert ("data-server.yaml" in contents(tmp_path / "file")) == (kind == "server" and "2024" in name)
