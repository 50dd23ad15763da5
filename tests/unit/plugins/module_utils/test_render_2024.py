# SPDX-License-Identifier: Apache-2.0
"""The successor's shape, in both layouts: the same renderer, and none of the faults that the successor still has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._client_checks import client_problems
from ansible_collections.neursafe.fl.plugins.module_utils._config import read_config
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects, server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._server_checks import server_problems
from ansible_collections.neursafe.fl.plugins.module_utils._setup_files import client_selector_setup, task_manager_setup

CONFIGS = Path(__file__).parents[2] / "configs"
DATABASE = ["DB_ADDRESS", "DB_USERNAME", "DB_PASSWORD", "DB_TYPE", "DB_NAME", "DB_COLLECTION_NAME"]
STORAGE = {
    "claim": ["STORAGE_TYPE", "WORKSPACE_PVC"],
    "bucket": ["STORAGE_TYPE", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "WORKSPACE_BUCKET"],
}
LAYOUTS = pytest.mark.parametrize("layout", ["claim", "bucket"])


def settings(kind: str, layout: str) -> dict[str, Any]:
    tree = read_config((CONFIGS / f"{kind}-2024-{layout}.json").read_text(encoding="utf-8"), kind).settings
    tree["k8s"]["cluster_dns" if kind == "server" else "kubectl_image"] = "10.96.0.10" if kind == "server" else "kubectl:1"
    return tree


def pods(kind: str, layout: str) -> dict[str, dict[str, Any]]:
    objects = server_objects(settings(kind, layout)) if kind == "server" else client_objects(settings(kind, layout))
    return {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in objects if item["kind"] == "Deployment"}


def names(pod: dict[str, Any]) -> list[str]:
    return [entry["name"] for entry in pod["containers"][0]["env"]]


@LAYOUTS
def test_the_variables_are_those_of_the_contract_in_its_order(layout: str) -> None:
    found = pods("server", layout)
    jobs = names(found["nsfl-job-scheduler"])
    assert jobs[:6] == DATABASE
    assert jobs[6:22] == [
        *("HTTP_PORT", "SELECTOR_ADDRESS", "K8S_ADDRESS", "K8S_API_PROTOCOL", "K8S_API_TOKEN", "K8S_IMAGE_PULL_SECRETS"),
        *("PROXY_ADDRESS", "CLOUD_OS", "COORDINATOR_IMAGE", "JOB_SCHEDULER_ADDRESS", "TEMP_DIR", "WORKSPACE", "GPU_RS_KEY"),
        *("K8S_NAMESPACE", "LOG_LEVEL", "MODEL_MANAGER_ADDRESS"),
    ]
    assert jobs[22:] == [*STORAGE[layout], "TOKEN", "COORDINATOR_PORT"]
    assert names(found["nsfl-model-manager"]) == [*DATABASE, "PORT", "MODELS_DIR", "LOG_LEVEL", *STORAGE[layout]]
    assert names(found["nsfl-data-server"]) == ["ACCESS_USER", "ACCESS_PASSWORD", "PORT", "LOG_LEVEL", *STORAGE[layout]]
    assert names(found["nsfl-client-selector"]) == STORAGE[layout]
    assert names(found["nsfl-proxy"]) == [*STORAGE[layout], "TOKEN"]
    assert names(pods("client", layout)["nsfl-task-manager"]) == [
        *(*DATABASE, "K8S_ADDRESS", "K8S_API_PROTOCOL", "K8S_IMAGE_PULL_SECRETS", "GPU_RS_KEY", "K8S_NAMESPACE"),
        *("CONTAINER_EXECUTOR_IMAGE", "WORKER_PORT", "WORKSPACE", "WORKER_HTTP_PROXY", "WORKER_HTTPS_PROXY"),
        *("PERSIST_TASK_RESOURCE_USAGE", *STORAGE[layout]),
    ]


def test_a_claim_is_mounted_and_takes_no_privilege() -> None:
    for pod in [*pods("server", "claim").values(), *pods("client", "claim").values()]:
        assert pod["volumes"][0] == {"name": "workspace", "persistentVolumeClaim": {"claimName": "nsfl-pvc"}}
        workspace, *others = pod["containers"][0]["volumeMounts"]
        assert workspace == {"name": "workspace", "mountPath": "/workspace", "mountPropagation": "HostToContainer"}
        assert others in ([], [{"name": "tmp", "mountPath": "/tmp"}])
        assert "privileged" not in pod["containers"][0]["securityContext"]


def test_who_works_in_the_claim_is_restarted_when_its_mount_has_died() -> None:
    probes = {name: pod["containers"][0]["livenessProbe"] for name, pod in {**pods("server", "claim"), **pods("client", "claim")}.items()}
    guarded = {name: probe["exec"]["command"][3:] for name, probe in probes.items() if "exec" in probe}
    assert guarded == {
        "nsfl-job-scheduler": ["8088", "/api/v1/health", "/workspace"],
        "nsfl-model-manager": ["50057", "/api/v1/health", "/workspace"],
        "nsfl-data-server": ["30088", "", "/workspace"],
        "nsfl-task-manager": ["30090", "", "/workspace"],
    }
    # A pod that mounts the bucket itself has no mount of the node to lose.
    assert not any("exec" in pod["containers"][0]["livenessProbe"] for pod in pods("server", "bucket").values())


def with_claim(**other: Any) -> dict[str, Any]:
    tree = settings("server", "claim")
    tree["storage"]["claim"] = {"create": True, "path": "/mnt/fl/nsfl", **other}
    return tree


def test_volume_and_claim_name_each_other_and_are_made_on_request_only() -> None:
    kinds = [item["kind"] for item in server_objects(settings("server", "claim"))]
    assert not any(kind.startswith("PersistentVolume") for kind in kinds)
    volume, claim = (item for item in server_objects(with_claim()) if item["kind"].startswith("PersistentVolume"))
    assert (volume["metadata"]["name"], claim["metadata"]["name"], claim["metadata"]["namespace"]) == ("nsfl-pvc.fl", "nsfl-pvc", "fl")
    assert volume["spec"]["claimRef"]["name"] == "nsfl-pvc" and volume["spec"]["claimRef"]["namespace"] == "fl"
    assert claim["spec"]["volumeName"] == "nsfl-pvc.fl" and volume["spec"]["storageClassName"] == claim["spec"]["storageClassName"] == ""
    assert volume["spec"]["hostPath"] == {"path": "/mnt/fl/nsfl", "type": "Directory"}
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain" and claim["spec"]["accessModes"] == ["ReadWriteMany"]
    # A pod would wait for a claim that comes after it.
    order = [item["kind"] for item in server_objects(with_claim())]
    assert order.index("PersistentVolume") < order.index("PersistentVolumeClaim") < order.index("Deployment")


def test_the_data_servers_account_is_a_secret() -> None:
    tree = settings("server", "claim")
    tree["data_server"] |= {"username": "nsfl", "password": "canary"}
    (secret,) = (item for item in server_objects(tree) if item["metadata"]["name"] == "data-server-secret")
    assert secret["kind"] == "Secret" and set(secret["data"]) == {"username", "password"}
    assert "data-server-secret" not in {item["metadata"]["name"] for item in server_objects(settings("server", "claim"))}


def test_claim_and_data_server_are_checked() -> None:
    tree = with_claim(path="mnt")
    tree["data_server"] |= {"password": "canary", "port": 30091}
    assert {problem.split(":")[0] for problem in server_problems(tree)} == {
        *("nsfl_server_data_server_port", "nsfl_server_data_server_password", "nsfl_server_root"),
    }
    assert "canary" not in str(server_problems(tree))
    assert server_problems(with_claim()) == []


def test_a_bucket_is_mounted_in_the_pod_which_takes_privilege() -> None:
    for pod in [*pods("server", "bucket").values(), *pods("client", "bucket").values()]:
        assert pod["volumes"][0]["hostPath"]["path"] == "/dev/fuse"
        assert pod["containers"][0]["securityContext"] == {"privileged": True}
        # The proxy to the Kubernetes API is no component of the platform, and stays as small as it is.
        assert all("privileged" not in container["securityContext"] for container in pod["containers"][1:])


@LAYOUTS
def test_commands_lead_to_the_files_in_the_tree(layout: str) -> None:
    commands = {name: pod["containers"][0].get("command") for name, pod in pods("server", layout).items()}
    assert commands["nsfl-proxy"] == ["/nginx/start_nginx.sh", "/workspace", "/workspace/system/proxy/nginx.conf"]
    assert commands["nsfl-client-selector"][4] == "/workspace/system/selector/client_selector_setup.json"
    assert commands["nsfl-job-scheduler"] is commands["nsfl-model-manager"] is commands["nsfl-data-server"] is None
    (client,) = pods("client", layout).values()
    assert client["containers"][0]["command"][4] == "/workspace/client/config/task_manager_setup.json"


@LAYOUTS
def test_everything_is_in_the_configured_namespace_with_the_pull_secret(layout: str) -> None:
    objects = server_objects(settings("server", layout)) + client_objects(settings("client", layout))
    assert {item["metadata"].get("namespace") for item in objects} <= {"fl", None}
    found = [*pods("server", layout).values(), *pods("client", layout).values()]
    assert all(pod["imagePullSecrets"] == [{"name": "pull"}] for pod in found)
    values = {entry["name"]: entry.get("value") for entry in pods("server", layout)["nsfl-job-scheduler"]["containers"][0]["env"]}
    assert (values["K8S_NAMESPACE"], values["JOB_SCHEDULER_ADDRESS"]) == ("fl", "nsfl-job-scheduler:8088")


def test_y2_the_data_server_is_exposed_by_its_own_key() -> None:
    service = next(item for item in server_objects(settings("server", "claim")) if item["metadata"]["name"] == "nsfl-data-server")
    assert service["kind"] == "Service" and "type" not in service["spec"]
    tree = json.loads((CONFIGS / "server-2024-claim.json").read_text(encoding="utf-8"))
    del tree["data_server"]["external"]
    assert read_config(json.dumps(tree), "server").settings["data_server"]["external"] is True


@LAYOUTS
def test_y5_y6_y7_no_secret_is_in_clear(layout: str) -> None:
    for pod in [*pods("server", layout).values(), *pods("client", layout).values()]:
        for entry in pod["containers"][0]["env"]:
            secret = entry["name"] in ("TOKEN", "K8S_API_TOKEN") or entry["name"].endswith(("PASSWORD", "_KEY", "USERNAME", "_USER"))
            assert not secret or entry["name"] == "GPU_RS_KEY" or "secretKeyRef" in entry["valueFrom"], entry
    assert "JOB_SCHEDULER_ADDRESS" not in names(pods("server", layout)["nsfl-proxy"])


def test_y4_the_proxy_has_nameservers_only() -> None:
    assert pods("server", "claim")["nsfl-proxy"]["dnsPolicy"] == "None"


def test_y9_y16_the_setup_file_has_the_successors_keys_and_an_id_of_its_own() -> None:
    setup = json.loads(task_manager_setup(settings("client", "claim")))
    assert list(setup) == [
        *("workspace", "server", "port", "runtime", "datasets", "log_level", "platform", "task_config_entry", "registration"),
        *("storage_quota", "lmdb_path", "external_address", "client_id"),
    ]
    assert setup["datasets"] == "/workspace/client/datasets/datasets.json"
    assert (setup["external_address"], setup["client_id"]) == ("192.0.2.16:30090", "192.0.2.16-30090")
    # The file with a bucket leaves lmdb_dir out.
    assert json.loads(task_manager_setup(settings("client", "bucket")))["lmdb_path"] == "/workspace/client/lmdb"
    assert json.loads(client_selector_setup(settings("server", "claim")))["port"] == 50055


@LAYOUTS
def test_the_settings_pass_the_checks_and_what_is_wrong_in_them_does_not(layout: str) -> None:
    server, client = settings("server", layout), settings("client", layout)
    assert server_problems(server) == client_problems(client) == []
    server["storage"]["backend"] |= {"pvc": "", "bucket": "No"}
    server["storage"]["selector_dir"] = "/selector"
    server["data_server"] |= {"external": True, "port": 80}
    problems = server_problems(server)
    assert len(problems) == 3 and problems[0].startswith("nsfl_server_backend.")
    client["storage"]["backend"] |= {"pvc": "", "bucket": "No"}
    assert [problem.split(":")[0] for problem in client_problems(client)] == [
        "nsfl_client_backend." + ("pvc" if layout == "claim" else "bucket")
    ]
    assert server_problems({"layout": "nfs"})[0].startswith("nsfl_server_layout: 'nfs' is not known")
    assert client_problems({"layout": "nfs"})[0].startswith("nsfl_client_layout: 'nfs' is not known")
