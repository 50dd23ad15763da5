# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects that this collection makes, and where the API keeps them."""

from __future__ import annotations

import typing as t

Object = dict[str, t.Any]

# kind -> (apiVersion, plural, whether it lives in a namespace)
KINDS: dict[str, tuple[str, str, bool]] = {
    "Namespace": ("v1", "namespaces", False),
    "ServiceAccount": ("v1", "serviceaccounts", True),
    "Secret": ("v1", "secrets", True),
    "ConfigMap": ("v1", "configmaps", True),
    "Service": ("v1", "services", True),
    "Pod": ("v1", "pods", True),
    "LimitRange": ("v1", "limitranges", True),
    "PersistentVolume": ("v1", "persistentvolumes", False),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims", True),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Deployment": ("apps/v1", "deployments", True),
    "StatefulSet": ("apps/v1", "statefulsets", True),
    "DaemonSet": ("apps/v1", "daemonsets", True),
    "ReplicaSet": ("apps/v1", "replicasets", True),
    "Job": ("batch/v1", "jobs", True),
    "Ingress": ("networking.k8s.io/v1", "ingresses", True),
    "IngressClass": ("networking.k8s.io/v1", "ingressclasses", False),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies", True),
}


def group(kind: str) -> str:
    """The API group, empty for the core."""
    version = KINDS[kind][0]
    return version.split("/")[0] if "/" in version else ""


def collection_path(kind: str, namespace: str = "") -> str:
    """Where the objects of one kind are listed; without a namespace, those of all namespaces."""
    version, plural, namespaced = KINDS[kind]
    base = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return f"{base}/namespaces/{namespace}/{plural}" if namespaced and namespace else f"{base}/{plural}"


def object_path(item: Object) -> str:
    """Where one object is."""
    metadata = item["metadata"]
    return f"{collection_path(item['kind'], metadata.get('namespace', ''))}/{metadata['name']}"


def title(item: Object) -> str:
    """An object's name for people: Deployment default/nsfl-proxy."""
    metadata = item["metadata"]
    namespace = metadata.get("namespace", "")
    return f"{item['kind']} {namespace + '/' if namespace else ''}{metadata['name']}"
