# SPDX-License-Identifier: Apache-2.0
"""The renderer against the contract: each fix that a provisioner owes is one test."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.client_objects import client_objects
from ansible_collections.neursafe.fl.plugins.filter.client_selector_setup import client_selector_setup
from ansible_collections.neursafe.fl.plugins.filter.server_objects import server_objects
from ansible_collections.neursafe.fl.plugins.filter.task_manager_setup import task_manager_setup

BASE: dict[str, Any] = {
    "k8s": {"cluster_dns": "10.96.0.10"},
    "db": {"address": "10.0.0.3:5432", "username": "fl", "password": "canary-db"},
    "storage": {"address": "http://10.0.0.4:9000", "username": "key", "password": "canary-s3"},
    "proxy": {"token": "canary-token"},
}
CLIENT: dict[str, Any] = {
    "task_manager": {"image": "tm:1", "server_address": "10.0.0.1:30091", "external_address": "10.0.0.2:30090"},
    "db": {"address": "10.0.0.3:5432", "username": "fl", "password": "canary-db"},
}


def changed(base: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return {**base, **{key: {**base.get(key, {}), **value} for key, value in more.items()}}


def one(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    return found


def pod(objects: list[dict[str, Any]], name: str) -> dict[str, Any]:
    spec: dict[str, Any] = one(objects, "Deployment", name)["spec"]["template"]["spec"]
    return spec


def env(objects: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in pod(objects, name)["containers"][0]["env"]}


def test_the_job_scheduler_has_the_variables_of_the_contract_in_its_order() -> None:
    names = list(env(server_objects(BASE), "nsfl-job-scheduler"))
    assert names[:17] == [
        *("DB_ADDRESS", "DB_USERNAME", "DB_PASSWORD", "DB_TYPE", "DB_NAME", "DB_COLLECTION_NAME", "HTTP_PORT", "SELECTOR_ADDRESS"),
        *("K8S_ADDRESS", "PROXY_ADDRESS", "CLOUD_OS", "COORDINATOR_IMAGE", "JOB_SCHEDULER_ADDRESS", "TEMP_DIR", "WORKSPACE"),
        *("SOURCE_MOUNT_PATH", "LOG_LEVEL"),
    ]


def test_g1_g2_g4_g5_the_job_scheduler_gets_what_the_generator_forgets() -> None:
    values = env(server_objects(BASE), "nsfl-job-scheduler")
    assert values["MODEL_MANAGER_ADDRESS"] == "nsfl-model-manager:50057"
    assert values["TOKEN"] == {"secretKeyRef": {"name": "nsfl-proxy-token", "key": "token"}}
    assert (values["K8S_API_PROTOCOL"], values["K8S_ADDRESS"]) == ("https", "kubernetes.default.svc:443")
    assert values["K8S_API_TOKEN"] == {"secretKeyRef": {"name": "nsfl-job-scheduler-token", "key": "token"}}
    assert (values["COORDINATOR_PORT"], values["GPU_RS_KEY"]) == ("50051", "nvidia.com/gpu")


def test_g2_p3_the_proxy_has_the_same_token_and_p4_no_scheduler_address() -> None:
    objects = server_objects(BASE)
    values = env(objects, "nsfl-proxy")
    assert values == {"TOKEN": env(objects, "nsfl-job-scheduler")["TOKEN"]}


def test_g3_the_models_folder_reaches_the_model_manager() -> None:
    assert env(server_objects(changed(BASE, model_manager={"models_dir": "m"})), "nsfl-model-manager")["MODELS_DIR"] == "m"


def test_g6_options_are_text_and_take_the_place_of_what_is_there() -> None:
    options = {"REPORT_PERIOD": 10, "X": True, "LOG_LEVEL": "debug"}
    objects = server_objects(changed(BASE, job_scheduler={"options": options}))
    values = env(objects, "nsfl-job-scheduler")
    assert (values["REPORT_PERIOD"], values["X"], values["LOG_LEVEL"]) == ("10", "true", "debug")
    names = [item["name"] for item in pod(objects, "nsfl-job-scheduler")["containers"][0]["env"]]
    assert len(names) == len(set(names))


def test_g7_in_another_namespace_addresses_resolve_from_where_coordinators_run() -> None:
    objects = server_objects(changed(BASE, k8s={"namespace": "fl"}))
    values = env(objects, "nsfl-job-scheduler")
    assert values["JOB_SCHEDULER_ADDRESS"] == "nsfl-job-scheduler.fl:8088" and values["SELECTOR_ADDRESS"] == "nsfl-client-selector.fl:50055"
    assert one(objects, "Role", "nsfl-job-scheduler.fl")["metadata"]["namespace"] == "default"
    assert one(objects, "RoleBinding", "nsfl-job-scheduler.fl")["subjects"][0]["namespace"] == "fl"
    assert objects[0]["kind"] == "Namespace"


def test_g9_posix_storage_needs_no_endpoint() -> None:
    values = env(server_objects(changed(BASE, storage={"address": "", "username": "", "password": ""})), "nsfl-model-manager")
    assert values["STORAGE_TYPE"] == "posix" and not {"STORAGE_ENDPOINT", "ACCESS_KEY", "SECRET_KEY"} & set(values)


def test_g16_the_proxy_takes_options() -> None:
    assert env(server_objects(changed(BASE, proxy={"options": {"A": 1}})), "nsfl-proxy")["A"] == "1"


@pytest.mark.parametrize("name", ["nsfl-job-scheduler", "nsfl-client-selector", "nsfl-model-manager", "nsfl-proxy"])
def test_g17_every_component_is_guarded(name: str) -> None:
    objects = server_objects(BASE)
    deployment, spec = one(objects, "Deployment", name), pod(objects, name)
    container = spec["containers"][0]
    assert {"startupProbe", "readinessProbe", "livenessProbe", "resources"} <= set(container)
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"] and not container["securityContext"]["allowPrivilegeEscalation"]
    assert spec["automountServiceAccountToken"] is False and spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert deployment["spec"]["strategy"] == {"type": "Recreate"} and spec["terminationGracePeriodSeconds"] <= 5
    assert deployment["metadata"]["labels"]["app"] == name == deployment["spec"]["selector"]["matchLabels"]["app"]
    assert "neursafe.fl/checksum" in deployment["spec"]["template"]["metadata"]["annotations"]
    mounts = [mount for mount in container["volumeMounts"] if mount["name"] != "tmp"]
    assert mounts and all(mount["mountPropagation"] == "HostToContainer" for mount in mounts)


def test_a_task_manager_whose_mount_has_died_is_restarted(tmp_path: Path) -> None:
    container = pod(client_objects(CLIENT), "nsfl-task-manager")["containers"][0]
    command = container["livenessProbe"]["exec"]["command"]
    folders = [mount["mountPath"] for mount in container["volumeMounts"] if "mountPropagation" in mount]
    assert command[:2] == ["python3.7", "-c"] and command[4:] == ["", *folders] and len(folders) == 4
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        def probe(code: str, *folders: object) -> subprocess.CompletedProcess[str]:
            return subprocess.run([sys.executable, "-c", code, port, "", *map(str, folders)], capture_output=True, text=True, check=False)

        # A folder that is missing is somebody else's trouble; only a dead mount needs a new container.
        assert probe(command[2], tmp_path, tmp_path / "missing").returncode == 0
        dead = command[2].replace("os.stat(folder)", "raise OSError(errno.ENOTCONN, folder)")
        assert probe(dead, tmp_path).returncode == 1
    assert probe(command[2], tmp_path).returncode == 1


def test_rights_are_exactly_those_that_are_needed() -> None:
    roles = [item for item in server_objects(BASE) if item["kind"] in ("Role", "ClusterRole")]
    assert [role["rules"] for role in roles] == [
        [{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["create", "get", "delete"]}]
    ]
    wide = [item for item in client_objects(CLIENT) if item["kind"] == "ClusterRole"]
    assert [role["rules"] for role in wide] == [[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "watch"]}]]


def test_p1_the_proxy_has_nameservers_only() -> None:
    spec = pod(server_objects(BASE), "nsfl-proxy")
    assert (spec["dnsPolicy"], spec["dnsConfig"]) == ("None", {"nameservers": ["10.96.0.10"]})


def test_p3_the_http_port_is_kept_off_the_node_ports() -> None:
    objects = server_objects(BASE)
    inside, outside = one(objects, "Service", "nsfl-proxy")["spec"], one(objects, "Service", "nsfl-proxy-external")["spec"]
    assert "type" not in inside and [port["port"] for port in inside["ports"]] == [30091, 30092]
    assert outside["type"] == "NodePort" and outside["ports"] == [{"name": "port-0", "port": 30091, "targetPort": 30091, "nodePort": 30091}]
    both = one(server_objects(changed(BASE, proxy={"http_external": True})), "Service", "nsfl-proxy")
    assert [port["nodePort"] for port in both["spec"]["ports"]] == [30091, 30092]


def test_p5_services_come_before_deployments_and_accounts_before_their_tokens() -> None:
    kinds = [item["kind"] for item in server_objects(BASE)]
    assert max(i for i, kind in enumerate(kinds) if kind == "Service") < kinds.index("Deployment")
    assert kinds.index("ServiceAccount") < kinds.index("Secret")


def test_s6_the_selector_gets_its_level_on_the_command_line() -> None:
    command = pod(server_objects(changed(BASE, others={"log_level": "warning"})), "nsfl-client-selector")["containers"][0]["command"]
    assert command == [
        *("python3.7", "-m", "neursafe_fl.python.selector.app", "--config_file", "/nsfl/config/client_selector_setup.json"),
        *("--log_level", "WARNING"),
    ]


def test_secret_values_are_in_secrets_only() -> None:
    objects = server_objects(BASE) + client_objects(CLIENT)
    rest = json.dumps([item for item in objects if item["kind"] != "Secret"])
    assert "canary" not in rest
    assert b64decode(one(objects, "Secret", "pgsecret")["data"]["password"]) == b"canary-db"
    assert {"pgsecret", "miniosecret", "nsfl-proxy-token"} <= {item["metadata"]["name"] for item in objects if item["kind"] == "Secret"}


def test_secrets_of_the_site_are_left_alone() -> None:
    objects = server_objects({"k8s": {"cluster_dns": "10.96.0.10"}, "db": {"address": "d:5432"}})
    assert [item["metadata"]["name"] for item in objects if item["kind"] == "Secret"] == ["nsfl-job-scheduler-token"]


def test_a_changed_file_or_password_restarts_just_its_component() -> None:
    def marks(settings: dict[str, Any]) -> dict[str, str]:
        deployments = [item for item in server_objects(settings) if item["kind"] == "Deployment"]
        return {
            item["metadata"]["name"]: item["spec"]["template"]["metadata"]["annotations"]["neursafe.fl/checksum"] for item in deployments
        }

    def differing(settings: dict[str, Any]) -> set[str]:
        before, after = marks(BASE), marks(settings)
        return {name for name in before if before[name] != after[name]}

    assert differing(changed(BASE, proxy={"config": "new"})) == {"nsfl-proxy"}
    assert differing(changed(BASE, client_selector={"setup": {"optimal_select": "false"}})) == {"nsfl-client-selector"}
    assert differing(changed(BASE, db={"password": "x"})) == {"nsfl-job-scheduler", "nsfl-model-manager"}
    assert differing(changed(BASE, proxy={"token": "x"})) == {"nsfl-job-scheduler", "nsfl-proxy"}


def test_a_new_version_label_restarts_nothing() -> None:
    templates = [
        [item["spec"]["template"] for item in server_objects({**BASE, "version": v}) if item["kind"] == "Deployment"] for v in "12"
    ]
    assert templates[0] == templates[1]


def test_a_patch_changes_one_container_and_leaves_the_rest() -> None:
    patch = {
        "Deployment": {"spec": {"template": {"spec": {"containers": [{"name": "nsfl-proxy", "tty": True}], "nodeSelector": {"edge": "1"}}}}}
    }
    spec = pod(server_objects(changed(BASE, proxy={"patch": patch})), "nsfl-proxy")
    assert spec["nodeSelector"] == {"edge": "1"} and spec["containers"][0]["tty"] is True and spec["containers"][0]["ports"]


def test_c1_c2_the_task_manager_reaches_kubernetes_through_the_proxy_beside_it() -> None:
    objects = client_objects(CLIENT)
    values, spec = env(objects, "nsfl-task-manager"), pod(objects, "nsfl-task-manager")
    assert (values["PLATFORM"], values["K8S_ADDRESS"]) == ("k8s", "127.0.0.1:8001")
    manager, proxy = spec["containers"]
    assert spec["automountServiceAccountToken"] is False and "kube-api-access" not in str(manager["volumeMounts"])
    assert proxy["args"] == ["proxy", "--port=8001", "--address=127.0.0.1"] and "kube-api-access" in str(proxy["volumeMounts"])


def test_folders_of_the_client_have_the_same_path_on_both_sides() -> None:
    extra = [{"name": "ssl", "source": "/etc/nsfl/ssl"}]
    spec = pod(client_objects(changed(CLIENT, task_manager={"extra_volumes": extra})), "nsfl-task-manager")
    host = {volume["name"]: volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume}
    inside = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert host == inside and set(host) == {"lmdb", "workspace", "datasets", "task-configs", "config", "ssl"}


def test_the_setup_file_of_the_task_manager_has_the_types_that_its_code_wants() -> None:
    task = {"storage_quota": "2048", "registration": False, "runtime": ["tensorflow", "pytorch"], "setup": {"label": "a"}}
    setup = json.loads(task_manager_setup(changed(CLIENT, task_manager=task)))
    assert list(setup) == [
        *("lmdb_path", "workspace", "server", "port", "runtime", "datasets", "log_level", "platform", "task_config_entry"),
        *("registration", "storage_quota", "external_address", "label"),
    ]
    assert setup["storage_quota"] == 2048 and setup["registration"] == "False" and setup["runtime"] == "tensorflow,pytorch"
    assert setup["external_address"] == "10.0.0.2:30090" and setup["datasets"] == "/mnt/neursafe_fl/datasets/datasets.json"


def test_the_setup_file_of_the_selector() -> None:
    text = client_selector_setup(changed(BASE, client_selector={"port": 50056, "setup": {"strategy": "x"}}))
    assert text == '{"port": 50056, "log_level": "info", "auth_client": "false", "strategy": "x"}'
