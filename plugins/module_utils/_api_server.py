# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server: the way in to job scheduler and model manager, and to the data server, as Kubernetes objects.

Two backends share the prefix /api/v1/namespaces/<FL namespace>/, so plain prefixes have to name each FL namespace. That
needs no regular expressions, which no controller of today takes in a path of type Prefix.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._flows import ANOTHER_WAY_IN, TRAEFIK
from ansible_collections.neursafe.fl.plugins.module_utils._labels import labels
from ansible_collections.neursafe.fl.plugins.module_utils._network_policies import policy
from ansible_collections.neursafe.fl.plugins.module_utils._patch import merged
from ansible_collections.neursafe.fl.plugins.module_utils._pod import slow_digest
from ansible_collections.neursafe.fl.plugins.module_utils._render import in_order, namespace_objects
from ansible_collections.neursafe.fl.plugins.module_utils._settings import EXTERNAL, GUARDS, Tree, completed
from ansible_collections.neursafe.fl.plugins.module_utils._traefik import DATA_ONLY, traefik_objects

Object = dict[str, Any]

DEFAULTS: Tree = {
    "instance": "neursafe-fl-api-server",
    "version": "2022",
    "provider": "traefik",
    "fl_namespaces": ["default"],
    "job_scheduler": {"service_name": "nsfl-job-scheduler", "port": 8088},
    "model_manager": {"service_name": "nsfl-model-manager", "port": 50057, "node_port": 30085},
    # Of the layouts that have one. With `https` Traefik has a door for it.
    "data_server": {"service_name": "nsfl-data-server", "port": 30088, "https": False, "https_port": 30089},
    "api_server": {
        "service_name": "nsfl-api-server",
        "image": "",
        "http_port": 30083,
        "plain_http": True,
        "https_port": 30084,
        "external": True,
        "ingress_class": "nsfl",
        "annotations": {},
        "hosts": [],
        "log_level": "WARN",
        "tls_secret": "",
        "certificate": "",
        "key": "",
        # Of those who come in over HTTPS; nobody is asked for one that is empty.
        "username": "nsfl",
        "password": "",
        "resources": {"requests": {"cpu": "25m", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "512Mi"}},
        "patch": {},
    },
    "k8s": {"namespace": "default", "create_namespace": True, "image_pull_secret": "registry-secret", **GUARDS},
}


def api_server_settings(given: Tree) -> Tree:
    """The settings with every default in place."""
    tree = completed(given, DEFAULTS)
    server = tree["api_server"]
    if server["certificate"] and not server["tls_secret"]:
        server["tls_secret"] = f"{server['service_name']}-tls"
    return tree


def api_server_objects(settings: Tree) -> list[Object]:
    """All objects of the API server."""
    tree = api_server_settings(settings)
    objects = namespace_objects(tree, "namespace") + _certificate(tree)
    objects += _node_ports(tree) if tree["provider"] == "nodeport" else _ingresses(tree)
    objects += _backend_policies(tree) if tree["k8s"]["network_policies"] else []
    if tree["provider"] == "traefik":
        objects += traefik_objects(tree, _mark(tree))
    return list(in_order(objects))


def job_scheduler_paths(namespaces: list[str]) -> list[tuple[str, str]]:
    """What the job scheduler serves, but for the heartbeat, which only coordinators need."""
    return [("/api/v1/health", "Exact"), *((f"/api/v1/namespaces/{name}/jobs", "Prefix") for name in namespaces)]


def model_manager_paths(namespaces: list[str]) -> list[tuple[str, str]]:
    """What the model manager serves."""
    return [("/api/v1/models", "Prefix"), *((f"/api/v1/namespaces/{name}/models", "Prefix") for name in namespaces)]


def _metadata(tree: Tree, name: str, component: str) -> Object:
    return {"name": name, "namespace": tree["k8s"]["namespace"], "labels": {"app": name, **labels(tree, name, component)}}


def _serves_data(tree: Tree) -> bool:
    return bool(tree["provider"] == "traefik" and tree["data_server"]["https"])


def _ingresses(tree: Tree) -> list[Object]:
    namespaces = tree["fl_namespaces"]
    return [
        _ingress(tree, "job_scheduler", job_scheduler_paths(namespaces), {}),
        _ingress(tree, "model_manager", model_manager_paths(namespaces), {}),
        *([_ingress(tree, "data_server", [("/", "Prefix")], DATA_ONLY)] if _serves_data(tree) else []),
    ]


def _ingress(tree: Tree, component: str, paths: list[tuple[str, str]], annotations: dict[str, str]) -> Object:
    server, backend = tree["api_server"], tree[component]
    service = {"service": {"name": backend["service_name"], "port": {"number": int(backend["port"])}}}
    http = {"paths": [{"path": path, "pathType": kind, "backend": service} for path, kind in paths]}
    metadata = _metadata(tree, backend["service_name"], "api-server")
    if annotations := {**{str(key): str(value) for key, value in server["annotations"].items()}, **annotations}:
        metadata["annotations"] = annotations
    spec: Object = {
        "ingressClassName": server["ingress_class"],
        "rules": [{"host": host, "http": http} for host in server["hosts"]] or [{"http": http}],
    }
    if server["tls_secret"]:
        spec["tls"] = [{"secretName": server["tls_secret"], **({"hosts": server["hosts"]} if server["hosts"] else {})}]
    item = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
    return dict(merged(item, server["patch"].get("Ingress", {})))


def _node_ports(tree: Tree) -> list[Object]:
    """The two backends themselves on NodePorts: no controller at all, and nothing that keeps the heartbeat in."""
    ports = {"job_scheduler": tree["api_server"]["http_port"], "model_manager": tree["model_manager"]["node_port"]}
    return [_node_port(tree, component, int(port)) for component, port in ports.items()]


def _node_port(tree: Tree, component: str, port: int) -> Object:
    backend = tree[component]
    spec = {
        "type": "NodePort",
        "selector": {"app": backend["service_name"]},
        "ports": [{"name": "http", "port": int(backend["port"]), "targetPort": int(backend["port"]), "nodePort": port}],
    }
    metadata = _metadata(tree, f"{backend['service_name']}{EXTERNAL}", "api-server")
    return dict(
        merged({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}, tree["api_server"]["patch"].get("Service", {}))
    )


def _backend_policies(tree: Tree) -> list[Object]:
    """What lets the way in through to the backends. Policies add up, so those of the backends themselves need not know of it."""
    flows, way_in = TRAEFIK if tree["provider"] == "traefik" else ANOTHER_WAY_IN, tree["api_server"]["service_name"]
    backends = ("job_scheduler", "model_manager", *(["data_server"] if _serves_data(tree) else []))
    names = {key: f"{tree[key]['service_name']}.{way_in}" for key in backends}
    return [policy(tree, flows, key, _metadata(tree, name, "api-server"), egress=False) for key, name in names.items()]


def _certificate(tree: Tree) -> list[Object]:
    server = tree["api_server"]
    if not server["certificate"]:
        return []
    data = {name: b64encode(server[source].encode()).decode() for name, source in (("tls.crt", "certificate"), ("tls.key", "key"))}
    metadata = _metadata(tree, server["tls_secret"], "secret")
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": data}]


def _mark(tree: Tree) -> str:
    """A new certificate, or a new password, restarts the controller."""
    server = tree["api_server"]
    return slow_digest("\0".join(str(server[name]) for name in ("certificate", "username", "password")), "api_server")
