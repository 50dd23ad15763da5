# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the two Kubernetes clients of the components, by REST.

In 2022 the namespace is the literal default, pods get folders of the node, and nodes are asked for over plain http whatever is set.
In 2024 the namespace is a setting, a pod has one volume claim in one place, and protocol and token hold for nodes, too.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from neursafe_fl.python.libs import http
from neursafe_fl.python.libs.settings import env
from neursafe_fl.python.libs.shape import SUCCESSOR

Object = dict[str, Any]


def _call(method: str, path: str, body: Object | None = None) -> Object:
    """Pods and services: protocol and token from the environment, the token over https only."""
    return json.loads(http.request(method, env("K8S_ADDRESS"), path, body, authorization(), env("K8S_API_PROTOCOL")))


def authorization() -> dict[str, str]:
    return {"Authorization": f"Bearer {env('K8S_API_TOKEN')}"} if env("K8S_API_PROTOCOL") == "https" else {}


def _path(kind: str, name: str = "") -> str:
    namespace = env("K8S_NAMESPACE") if SUCCESSOR else "default"
    return f"/api/v1/namespaces/{namespace}/{kind}" + (f"/{name}" if name else "")


def create(kind: str, body: Object) -> None:
    """One that is there already (a resumed job) is taken as it is, unless it is about to go."""
    try:
        _call("POST", _path(kind), body)
    except http.HttpError as error:
        if error.status != 409:
            raise
        if "deletionTimestamp" in _call("GET", _path(kind, body["metadata"]["name"]))["metadata"]:
            raise


def pod_phase(name: str) -> str:
    """Pending, Running, Succeeded, Failed; Gone for a pod that somebody deleted."""
    try:
        return str(_call("GET", _path("pods", name))["status"].get("phase"))
    except http.HttpError as error:
        if error.status == 404:
            return "Gone"
        raise


def delete(kind: str, name: str) -> None:
    try:
        _call("DELETE", _path(kind, name))
    except http.HttpError as error:
        if error.status != 404:
            raise


def list_nodes() -> Object:
    """In 2022 always by plain http, without a token."""
    query = ""
    if env("CLUSTER_LABEL_VALUE"):
        query = "?labelSelector=" + quote(f"{env('CLUSTER_LABEL_KEY')}={env('CLUSTER_LABEL_VALUE')}")
    if SUCCESSOR:
        return _call("GET", f"/api/v1/nodes{query}")
    return json.loads(http.request("GET", env("K8S_ADDRESS"), f"/api/v1/nodes{query}"))


def service(name: str, port: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"selector": {"app": name}, "ports": [{"port": port, "targetPort": port}]},
    }


def pod_with_claim(name: str, image: str, command: list[str], env_map: dict[str, str], place: str) -> Object:
    """The whole tree at one place; without WORKSPACE_PVC the claim has no name, which the API server refuses."""
    made = pod(name, image, command, env_map, [("workspace", "", place)])
    claim = {"claimName": os.environ.get("WORKSPACE_PVC")}
    made["spec"]["volumes"] = [{"name": "workspace", "persistentVolumeClaim": claim}]
    secret = os.environ.get("K8S_IMAGE_PULL_SECRETS")
    made["spec"]["imagePullSecrets"] = [{"name": secret}] if secret else []
    return made


def pod(name: str, image: str, command: list[str], env_map: dict[str, str], mounts: list[tuple[str, str, str]]) -> Object:
    """mounts: (volume name, path on the node, path in the container)."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": name,
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": command,
                    "env": [{"name": key, "value": value} for key, value in env_map.items()],
                    "volumeMounts": [{"name": volume, "mountPath": inside} for volume, _host, inside in mounts],
                }
            ],
            "volumes": [{"name": volume, "hostPath": {"path": host}} for volume, host, _inside in mounts],
        },
    }
