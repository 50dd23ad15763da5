# SPDX-License-Identifier: Apache-2.0
"""What upstream's generator writes for a configuration file of shape 2022, as far as its output is data. Faults included.

Written from the contract, for comparison only. Takes the file's own JSON, not what this collection makes of it.
"""

from __future__ import annotations

import json
from typing import Any

Object = dict[str, Any]
Files = dict[str, list[Object]]


def service(name: str, ports: list[Any], external: Any) -> Object:
    items = [
        {"name": f"port-{index}", "port": port, "targetPort": port, **({"nodePort": port} if external else {})}
        for index, port in enumerate(ports)
    ]
    spec: Object = {"ports": items, "selector": {"app": name}, **({"type": "NodePort"} if external else {})}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(name), "spec": spec}


def metadata(name: str) -> Object:
    return {"name": name, "namespace": "default", "labels": {"app": name}}


def deployment(
    name: str, image: str, ports: list[Any], env: list[Object], volumes: list[tuple[str, str, str]], command: Any = None
) -> Object:
    container: Object = {
        "name": name,
        "image": image,
        "imagePullPolicy": "Always",
        "ports": [{"containerPort": port} for port in ports],
        "env": env,
        "volumeMounts": [{"name": volume, "mountPath": mount} for volume, mount, _host in volumes],
        **({"command": command} if command else {}),
    }
    pod: Object = {
        "containers": [container],
        "volumes": [{"name": volume, "hostPath": {"path": host}} for volume, _mount, host in volumes],
        "restartPolicy": "Always",
        "imagePullSecrets": [{"name": "registry-secret"}],
    }
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name), "spec": spec}


def plain(**values: Any) -> list[Object]:
    return [{"name": name, "value": value} for name, value in values.items()]


def secret(name: str, reference: Object, key: str) -> Object:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": reference["name"], "key": reference[key]}}}


def database(config: Object, collection: str) -> list[Object]:
    db = config["db"]
    reference = db["secret_key_ref"]
    return [
        *plain(DB_ADDRESS=db["address"]),
        secret("DB_USERNAME", reference, "user_key"),
        secret("DB_PASSWORD", reference, "passwd_key"),
        *plain(DB_TYPE=db["type"], DB_NAME=db["name"], DB_COLLECTION_NAME=collection),
    ]


def address(config: Object, part: str, port: str = "port") -> str:
    return f"{config[part]['service_name']}:{config[part][port]}"


def server(config: Object) -> Files:
    jobs, selector, models, proxy = (config[part] for part in ("job_scheduler", "client_selector", "model_manager", "proxy"))
    root = jobs["volumes"]["workspace"]["source"]
    jobs_env = [
        *database(config, jobs["db_collection_name"]),
        *plain(HTTP_PORT=str(jobs["port"]), SELECTOR_ADDRESS=address(config, "client_selector"), K8S_ADDRESS=config["k8s"]["address"]),
        *plain(PROXY_ADDRESS=address(config, "proxy", "http_port"), CLOUD_OS="k8s", COORDINATOR_IMAGE=config["coordinator"]["image"]),
        *plain(JOB_SCHEDULER_ADDRESS=address(config, "job_scheduler"), TEMP_DIR=jobs["coordinator_configs_dir"], WORKSPACE="/workspace"),
        *plain(SOURCE_MOUNT_PATH=root, LOG_LEVEL=config["others"]["log_level"], **jobs.get("options", {})),
    ]
    # G9: for posix it wants these keys too; without them there is no output at all to compare with.
    storage = {"address": "", "secret_key_ref": {"name": "", "user_key": "", "passwd_key": ""}, **config["storage"]}
    models_env = [
        *plain(STORAGE_ENDPOINT=storage["address"], STORAGE_TYPE=storage["type"]),
        secret("ACCESS_KEY", storage["secret_key_ref"], "user_key"),
        secret("SECRET_KEY", storage["secret_key_ref"], "passwd_key"),
        *database(config, models["db_collection_name"]),
        *plain(PORT=str(models["port"]), LOG_LEVEL=config["others"]["log_level"], **models.get("options", {})),
    ]
    selector_command = ["python3.7", "-m", "neursafe_fl.python.selector.app", "--config_file", "/nsfl/config/client_selector_setup.json"]
    gate = [proxy["grpc_port"], proxy["http_port"]]
    name = "service_name"
    return {
        "job-scheduler.yaml": [
            service(jobs[name], [jobs["port"]], False),
            deployment(jobs[name], jobs["image"], [jobs["port"]], jobs_env, [("workspace", "/workspace", root)]),
        ],
        "client-selector.yaml": [
            service(selector[name], [selector["port"]], False),
            deployment(
                selector[name],
                selector["image"],
                [selector["port"]],
                plain(**selector.get("options", {})),
                [("config-file", "/nsfl/config/", selector["volumes"]["config"]["source"])],
                selector_command,
            ),
        ],
        "model-manager.yaml": [
            service(models[name], [models["port"]], False),
            deployment(
                models[name],
                models["image"],
                [models["port"]],
                models_env,
                [("workspace", "/workspace", models["volumes"]["workspace"]["source"])],
            ),
        ],
        "proxy.yaml": [
            service(proxy[name], gate, proxy["external"]),
            deployment(proxy[name], proxy["image"], gate, [], [("config-file", "/nginx/conf/", proxy["volumes"]["config"]["source"])]),
        ],
        "ingress-job-scheduler.yaml": [ingress(jobs, ["namespaces/(.*)/jobs", "namespaces/(.*)/jobs/(.*)", "heartbeat", "health"])],
        "ingress-model-manager.yaml": [ingress(models, ["namespaces/(.*)/models", "namespaces/(.*)/models/(.*)", "models*"])],
        "client_selector_setup.json": [
            {"port": selector["port"], "log_level": config["others"]["log_level"], "auth_client": "false"},
        ],
    }


def ingress(backend: Object, paths: list[str]) -> Object:
    target = {"service": {"name": backend["service_name"], "port": {"number": backend["port"]}}}
    rules = [{"path": f"/api/v1/{path}", "pathType": "Prefix", "backend": target} for path in paths]
    annotations = {"kubernetes.io/ingress.class": "nginx", "nginx.ingress.kubernetes.io/use-regex": "true"}
    about = {"name": backend["service_name"], "annotations": annotations}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": about, "spec": {"rules": [{"http": {"paths": rules}}]}}


def client(config: Object) -> Files:
    manager, executor = config["task_manager"], config["executor"]
    folders = {name: volume["source"] for name, volume in manager["volumes"].items()}
    env = [
        *database(config, manager["db_collection_name"]),
        *plain(K8S_ADDRESS=config["k8s"]["address"], CONTAINER_EXECUTOR_IMAGE=executor["image"], WORKER_PORT=str(executor["port"])),
        *plain(WORKER_HTTP_PROXY=executor["http_proxy"], WORKER_HTTPS_PROXY=executor["https_proxy"], **manager.get("options", {})),
    ]
    setup_file = f"{folders['config'].rstrip('/')}/task_manager_setup.json"
    command = ["python3.7", "-m", "neursafe_fl.python.client.app", "--config_file", setup_file]
    volumes = [(name, path, path) for name, path in folders.items()]
    setup = {
        "lmdb_path": folders["lmdb"],
        "workspace": folders["workspace"],
        "server": manager["server_address"],
        "port": manager["port"],
        "runtime": manager["runtime"],
        "datasets": f"{folders['datasets']}/datasets.json",
        "log_level": config["others"]["log_level"],
        "platform": manager["platform"],
        "task_config_entry": folders["task-configs"],
        "registration": manager["registration"],
        "storage_quota": manager["storage_quota"],
    }
    name = manager["service_name"]
    return {
        "task-manager.yaml": [
            service(name, [manager["port"]], manager["external"]),
            deployment(name, manager["image"], [manager["port"]], env, volumes, command),
        ],
        "task_manager_setup.json": [setup],
    }


def flat(value: Any, path: str = "") -> dict[str, str]:
    """Leaves by path. Members of lists are told by their name, so that one more of them is one difference."""
    if isinstance(value, dict) and value and "secretKeyRef" not in value:
        return {key: leaf for name, item in value.items() for key, leaf in flat(item, f"{path}.{name}" if path else str(name)).items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        names = [str(item.get("name", index)) for index, item in enumerate(value)]
        return {key: leaf for name, item in zip(names, value, strict=True) for key, leaf in flat(item, f"{path}[{name}]").items()}
    return {path: json.dumps(value, sort_keys=True)}


def leaves(document: Object) -> dict[str, str]:
    """Leaves of one document, with the long way to a pod and its component cut short."""
    name = document.get("metadata", {}).get("name")
    short = {f"spec.template.spec.containers[{name}]": "container", "spec.template.spec": "pod", "spec.template": "template"}
    found = {}
    for path, leaf in flat(document).items():
        long = next((prefix for prefix in short if path.startswith(prefix)), "")
        found[short[long] + path.removeprefix(long) if long else path] = leaf
    kind = document.get("kind", "")
    return {f"{kind} {path}".strip(): leaf for path, leaf in found.items()}
