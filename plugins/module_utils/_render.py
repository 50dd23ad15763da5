# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Catalogue and settings become Kubernetes objects. Pure: no cluster, no files, the same input gives the same list."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._catalogue_2024 import client_components, server_components
from ansible_collections.neursafe.fl.plugins.module_utils._claim import claim_objects
from ansible_collections.neursafe.fl.plugins.module_utils._component import Component, Rule
from ansible_collections.neursafe.fl.plugins.module_utils._flows import CLIENT as CLIENT_FLOWS
from ansible_collections.neursafe.fl.plugins.module_utils._flows import SERVER as SERVER_FLOWS
from ansible_collections.neursafe.fl.plugins.module_utils._flows import Flow
from ansible_collections.neursafe.fl.plugins.module_utils._labels import labels
from ansible_collections.neursafe.fl.plugins.module_utils._network_policies import policy
from ansible_collections.neursafe.fl.plugins.module_utils._patch import merged
from ansible_collections.neursafe.fl.plugins.module_utils._pod import authorities_name, pod_template, trusted
from ansible_collections.neursafe.fl.plugins.module_utils._settings import EXTERNAL, Tree, client_settings, lookup, server_settings
from ansible_collections.neursafe.fl.plugins.module_utils._setup_files import client_selector_setup, task_manager_setup

Object = dict[str, Any]

# Accounts before the Secrets that belong to them, Services before the pods that look their names up once, at start, and policies
# before the pods that they guard.
_ORDER = (
    "Namespace",
    "ServiceAccount",
    "Secret",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Service",
    "NetworkPolicy",
    "Deployment",
    "IngressClass",
    "Ingress",
)
_RBAC = "rbac.authorization.k8s.io"


def server_objects(settings: Tree) -> list[Object]:
    """All objects of the server side but those of the API server."""
    tree = server_settings(settings)
    tree["client_selector"]["config"] = client_selector_setup(settings)
    secrets = [
        _account_secret(tree, "db"),
        _account_secret(tree, "storage"),
        _secret(tree, tree["proxy"]["token_ref"]["name"], {tree["proxy"]["token_ref"]["key"]: tree["proxy"]["token"]}),
    ]
    if tree["layout"] != "hostpath":
        secrets.append(_account_secret(tree, "data_server"))
    return _all(tree, server_components(tree["layout"]), SERVER_FLOWS, secrets + claim_objects(tree))


def client_objects(settings: Tree) -> list[Object]:
    """All objects of a cluster client."""
    tree = client_settings(settings)
    tree["task_manager"]["config"] = task_manager_setup(settings)
    return _all(tree, client_components(tree["layout"]), CLIENT_FLOWS, [_account_secret(tree, "db")])


def in_order(objects: list[Object]) -> list[Object]:
    """The order to apply them in."""
    return sorted(objects, key=lambda item: _ORDER.index(item["kind"]))


def namespace_objects(tree: Tree, component: str) -> list[Object]:
    """The namespace, unless it is one that every cluster has."""
    name = tree["k8s"]["namespace"]
    if not tree["k8s"]["create_namespace"] or name == "default" or name.startswith("kube-"):
        return []
    marks = {"app.kubernetes.io/part-of": "neursafe-fl"}
    if tree["k8s"]["pod_security"]:
        marks["pod-security.kubernetes.io/enforce"] = tree["k8s"]["pod_security"]
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": marks}}]


def _all(tree: Tree, components: tuple[Component, ...], flows: tuple[Flow, ...], further: list[Object]) -> list[Object]:
    objects = namespace_objects(tree, "namespace") + [item for item in further if item] + _authorities(tree, components)
    for component in components:
        objects += _component(tree, component, flows)
    return in_order(objects)


def _authorities(tree: Tree, components: tuple[Component, ...]) -> list[Object]:
    """By whom the database (db.ca) and the object store (storage.ca) are known, for all components in one place."""
    names = {"db.ca": "database.crt", "storage.ca": "storage.crt"}
    data = {names[path]: str(lookup(tree, path)) for component in components for path in trusted(tree, component)}
    if not data:
        return []
    metadata = {"name": authorities_name(tree), "namespace": tree["k8s"]["namespace"], "labels": labels(tree, "nsfl-ca", "authorities")}
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}]


def _component(tree: Tree, component: Component, flows: tuple[Flow, ...]) -> list[Object]:
    objects = [*_services(tree, component), _deployment(tree, component)]
    if tree["k8s"]["network_policies"]:
        objects.append(policy(tree, flows, component.key, _metadata(tree, component)))
    if component.access:
        objects += _access(tree, component)
    patches = tree[component.key]["patch"]
    return [merged(item, patches.get(item["kind"], {})) for item in objects]


def _metadata(tree: Tree, component: Component, name: str = "", namespace: str = "") -> Object:
    service = tree[component.key]["service_name"]
    return {
        "name": name or service,
        "namespace": namespace or tree["k8s"]["namespace"],
        "labels": {"app": service, **labels(tree, component.image, component.key.replace("_", "-"))},
    }


def _deployment(tree: Tree, component: Component) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(tree, component),
        "spec": {
            "replicas": 1,
            # N1: a rolling update would run two schedulers on one table, and the proxy's routes live in one process (P7).
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": tree[component.key]["service_name"]}},
            "template": pod_template(tree, component, _metadata(tree, component)["labels"]),
        },
    }


def _services(tree: Tree, component: Component) -> list[Object]:
    """One Service, and a second one when only some ports are to be seen from outside (P3)."""
    values = tree[component.key]
    shown = [port for port in component.ports if _external(values, port)]
    if not shown or len(shown) == len(component.ports):
        return [_service(tree, component, component.ports, "", bool(shown))]
    return [
        _service(tree, component, component.ports, "", False),
        _service(tree, component, tuple(shown), EXTERNAL, True),
    ]


def _external(values: Tree, port: str) -> bool:
    return bool(values.get("external", False)) and bool(values.get(f"{port.removesuffix('_port')}_external", True))


def _service(tree: Tree, component: Component, ports: tuple[str, ...], suffix: str, node_port: bool) -> Object:
    values = tree[component.key]
    items = []
    for name in ports:
        port = int(values[name])
        item = {"name": f"port-{component.ports.index(name)}", "port": port, "targetPort": port}
        items.append({**item, "nodePort": port} if node_port else item)
    spec: Object = {"selector": {"app": values["service_name"]}, "ports": items}
    if node_port:
        spec["type"] = "NodePort"
    metadata = _metadata(tree, component, f"{values['service_name']}{suffix}")
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _access(tree: Tree, component: Component) -> list[Object]:
    """The component's own account, with the rights it needs where coordinators and executors run, and no others."""
    name, namespace = tree[component.key]["service_name"], tree["k8s"]["namespace"]
    work = tree["k8s"]["work_namespace"]
    # Two installations may share the namespace of the work.
    role = name if namespace == work else f"{name}.{namespace}"
    metadata = _metadata(tree, component)
    objects: list[Object] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "automountServiceAccountToken": False},
        *_bound(tree, component, "Role", _metadata(tree, component, role, work), component.rules),
    ]
    if component.access == "token" and tree["k8s"]["api_token_ref"]["name"]:
        objects.append(_token_secret(tree, component))
    if component.cluster_rules:
        wide = _metadata(tree, component, f"{name}.{namespace}")
        del wide["namespace"]
        objects += _bound(tree, component, "ClusterRole", wide, component.cluster_rules)
    return objects


def _token_secret(tree: Tree, component: Component) -> Object:
    """Kubernetes itself fills it with a token that lasts as long as the account."""
    metadata = _metadata(tree, component, tree["k8s"]["api_token_ref"]["name"])
    metadata["annotations"] = {"kubernetes.io/service-account.name": tree[component.key]["service_name"]}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/service-account-token"}


def _bound(tree: Tree, component: Component, kind: str, metadata: Object, rules: tuple[Rule, ...]) -> list[Object]:
    account = {"kind": "ServiceAccount", "name": tree[component.key]["service_name"], "namespace": tree["k8s"]["namespace"]}
    return role_and_binding(kind, metadata, [_rule(rule) for rule in rules], account)


def _rule(rule: Rule) -> Object:
    return {"apiGroups": [""], "resources": list(rule.resources), "verbs": list(rule.verbs)}


def role_and_binding(kind: str, metadata: Object, rules: list[Object], account: Object) -> list[Object]:
    """A Role or ClusterRole and the binding that gives it to one account."""
    return [
        {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": metadata["name"]},
            "subjects": [account],
        },
    ]


def _account_secret(tree: Tree, path: str) -> Object:
    """User and password of a backend, if we were given them; else the Secret is the site's own."""
    backend, reference = tree[path], lookup(tree, path)["secret_key_ref"]
    return _secret(tree, reference["name"], {reference["user_key"]: backend["username"], reference["passwd_key"]: backend["password"]})


def _secret(tree: Tree, name: str, values: dict[str, str]) -> Object:
    if not all(values.values()):
        return {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": tree["k8s"]["namespace"], "labels": labels(tree, name, "secret")},
        "type": "Opaque",
        # "data" and not "stringData": what is applied is what is read back, so a rerun sees no difference.
        "data": {key: b64encode(str(value).encode()).decode() for key, value in values.items()},
    }
