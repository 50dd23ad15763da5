# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traefik as the ingress controller of one namespace, with the rights for it and no others."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1
from typing import Any, NamedTuple

from ansible_collections.neursafe.fl.plugins.module_utils._flows import DATA, SECURE, TRAEFIK, WEB
from ansible_collections.neursafe.fl.plugins.module_utils._labels import labels
from ansible_collections.neursafe.fl.plugins.module_utils._network_policies import policy
from ansible_collections.neursafe.fl.plugins.module_utils._patch import merged
from ansible_collections.neursafe.fl.plugins.module_utils._render import role_and_binding
from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree, lookup

Object = dict[str, Any]

_PING = 8080
_READ = ["get", "list", "watch"]


class _Door(NamedTuple):
    """One way in: entry point of Traefik, port of the Service, and the settings that open it and give its NodePort."""

    entry: str
    name: str
    port: int
    target: int
    when: str
    node_port: str


# Of the Ingresses that name no door.
_WEB = (
    _Door("web", "http", 80, WEB, "api_server.plain_http", "api_server.http_port"),
    # Without a certificate there is nothing to serve on it (I6).
    _Door("websecure", "https", 443, SECURE, "api_server.tls_secret", "api_server.https_port"),
)
# The data server's alone. It asks for an account of its own, so nobody is asked for ours there.
_DATA = _Door("data", "data", 8444, DATA, "data_server.https", "data_server.https_port")
DATA_ONLY = {"traefik.ingress.kubernetes.io/router.entrypoints": _DATA.entry}
_TLS_FILE = """\
tls:
  stores:
    default:
      defaultCertificate:
        certFile: /etc/traefik/tls/tls.crt
        keyFile: /etc/traefik/tls/tls.key
"""
# What the user has shown stays here: the components know nothing of it.
_USERS_FILE = """\
http:
  middlewares:
    users:
      basicAuth:
        usersFile: /etc/traefik/users/users
        removeHeader: true
"""


def traefik_objects(tree: Tree, mark: str) -> list[Object]:
    """Account, rights, class, Service and Deployment; with a certificate also the file that makes it the default one, and the user."""
    name, namespace = tree["api_server"]["service_name"], tree["k8s"]["namespace"]
    account = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    objects: list[Object] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(tree), "automountServiceAccountToken": False},
        *role_and_binding("Role", _metadata(tree), _namespace_rules(), account),
        *role_and_binding("ClusterRole", _wide(tree, f"{name}.{namespace}"), _cluster_rules(), account),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": _wide(tree, tree["api_server"]["ingress_class"]),
            "spec": {"controller": "traefik.io/ingress-controller"},
        },
        _service(tree),
        _deployment(tree, mark),
    ]
    if tree["api_server"]["tls_secret"]:
        file = _TLS_FILE + (_USERS_FILE if _asks_who(tree["api_server"]) else "")
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(tree), "data": {"tls.yml": file}})
    if _asks_who(tree["api_server"]):
        objects.append(_users(tree))
    if tree["k8s"]["network_policies"]:
        objects.append(policy(tree, TRAEFIK, "api_server", _metadata(tree)))
    patches = tree["api_server"]["patch"]
    return [merged(item, patches.get(item["kind"], {})) for item in objects]


def _metadata(tree: Tree) -> Object:
    name = tree["api_server"]["service_name"]
    return {"name": name, "namespace": tree["k8s"]["namespace"], "labels": {"app": name, **labels(tree, "traefik", "api-server")}}


def _wide(tree: Tree, name: str) -> Object:
    return {"name": name, "labels": _metadata(tree)["labels"]}


def _namespace_rules() -> list[Object]:
    """Traefik watches Secrets for certificates, and Kubernetes has no narrower right than all Secrets of the namespace."""
    return [
        {"apiGroups": [""], "resources": ["services", "secrets"], "verbs": _READ},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _READ},
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": _READ},
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses/status"], "verbs": ["update"]},
    ]


def _cluster_rules() -> list[Object]:
    """What it reads belongs to no namespace."""
    return [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": _READ},
        {"apiGroups": ["networking.k8s.io"], "resources": ["ingressclasses"], "verbs": _READ},
    ]


def _asks_who(server: Tree) -> bool:
    """A password is for HTTPS only: over plain HTTP everyone on the way would learn it."""
    return bool(server["password"] and server["tls_secret"])


def _users(tree: Tree) -> Object:
    """As htpasswd writes them. Of its kinds this is the one without a salt, so that a run with nothing to do finds what it would write."""
    server = tree["api_server"]
    digest = b64encode(sha1(str(server["password"]).encode()).digest()).decode()  # noqa: S324 - htpasswd's only form without a salt
    metadata = {**_metadata(tree), "name": f"{server['service_name']}-users"}
    data = {"users": b64encode(f"{server['username']}:{{SHA}}{digest}".encode()).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}


def _open(tree: Tree) -> list[_Door]:
    return [door for door in (*_WEB, _DATA) if lookup(tree, door.when)]


def _service(tree: Tree) -> Object:
    server = tree["api_server"]
    ports = [
        {"name": door.name, "port": door.port, "targetPort": door.target, "nodePort": int(lookup(tree, door.node_port))}
        for door in _open(tree)
    ]
    spec: Object = {"selector": {"app": server["service_name"]}, "ports": ports, "type": "NodePort"}
    if not server["external"]:
        spec = {**spec, "type": "ClusterIP", "ports": [{key: port[key] for key in port if key != "nodePort"} for port in ports]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(tree), "spec": spec}


def _arguments(tree: Tree) -> list[str]:
    server = tree["api_server"]
    arguments = [
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        f"--log.level={server['log_level']}",
        f"--entrypoints.traefik.address=:{_PING}",
        "--ping=true",
        "--providers.kubernetesingress=true",
        f"--providers.kubernetesingress.namespaces={tree['k8s']['namespace']}",
        f"--providers.kubernetesingress.ingressclass={server['ingress_class']}",
        # As Kubernetes defines Prefix: whole path elements.
        "--providers.kubernetesingress.strictprefixmatching=true",
    ]
    arguments += [f"--entrypoints.{door.entry}.address=:{door.target}" for door in _open(tree)]
    if _DATA in _open(tree):
        arguments += [
            *(f"--entrypoints.{door.entry}.asdefault=true" for door in _WEB if door in _open(tree)),
            f"--entrypoints.{_DATA.entry}.http.tls=true",
            # However long an upload takes.
            f"--entrypoints.{_DATA.entry}.transport.respondingtimeouts.readtimeout=0",
        ]
    if server["tls_secret"]:
        arguments += [
            "--entrypoints.websecure.http.tls=true",
            "--providers.file.filename=/etc/traefik/dynamic/tls.yml",
        ]
    if _asks_who(server):
        arguments.append("--entrypoints.websecure.http.middlewares=users@file")
    return arguments


def _deployment(tree: Tree, mark: str) -> Object:
    server = tree["api_server"]
    name = server["service_name"]
    pod_labels = {key: value for key, value in _metadata(tree)["labels"].items() if key != "app.kubernetes.io/version"}
    mounts: list[Object] = []
    volumes: list[Object] = []
    if server["tls_secret"]:
        mounts += [{"name": "tls", "mountPath": "/etc/traefik/tls"}, {"name": "dynamic", "mountPath": "/etc/traefik/dynamic"}]
        volumes += [{"name": "tls", "secret": {"secretName": server["tls_secret"]}}, {"name": "dynamic", "configMap": {"name": name}}]
    if _asks_who(server):
        mounts.append({"name": "users", "mountPath": "/etc/traefik/users"})
        volumes.append({"name": "users", "secret": {"secretName": f"{name}-users"}})
    container = {
        "name": name,
        "image": server["image"],
        "imagePullPolicy": "IfNotPresent",
        "args": _arguments(tree),
        "ports": [*({"name": door.name, "containerPort": door.target} for door in _open(tree)), {"name": "ping", "containerPort": _PING}],
        "resources": server["resources"],
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": mounts,
        "startupProbe": {**_PROBE, "periodSeconds": 1, "failureThreshold": 120},
        "readinessProbe": {**_PROBE, "periodSeconds": 5},
        "livenessProbe": {**_PROBE, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
    }
    spec: Object = {
        "serviceAccountName": name,
        "automountServiceAccountToken": True,
        "terminationGracePeriodSeconds": 10,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": volumes,
    }
    if tree["k8s"]["image_pull_secret"]:
        spec["imagePullSecrets"] = [{"name": tree["k8s"]["image_pull_secret"]}]
    template = {"metadata": {"labels": pod_labels, "annotations": {"neursafe.fl/checksum": mark}}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(tree),
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


_PROBE: Object = {"httpGet": {"path": "/ping", "port": _PING}}
