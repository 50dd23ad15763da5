# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workloads run with what a Secret held earlier. Pure functions over what the API returns.

A container reads a Secret into its environment once, at its start. Where somebody edits a Secret by hand, and a later run
writes it back, the Deployment is as wanted all the time, and yet a pod that started in between keeps the wrong value.
"""

from __future__ import annotations

import typing as t

Object = dict[str, t.Any]
Place = tuple[str, str]  # namespace and name

NOW = "9999"  # later than any time that the API gives
TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - the type of a Secret


def place(item: Object) -> Place:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def secrets_read(workload: Object) -> set[Place]:
    """The Secrets that its containers take their environment from."""
    namespace, spec = workload["metadata"].get("namespace", ""), workload["spec"]["template"]["spec"]
    names = set()
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        for variable in container.get("env") or []:
            names.add(((variable.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name"))
        for source in container.get("envFrom") or []:
            names.add((source.get("secretRef") or {}).get("name"))
    return {(namespace, name) for name in names if name}


def written(secret: Object, manager: str) -> str:
    """When `manager` last changed it, in the API server's time; empty when it never did."""
    fields = secret["metadata"].get("managedFields") or []
    return max((entry.get("time") or "" for entry in fields if entry.get("manager") == manager), default="")


def is_outdated(workload: Object, times: t.Mapping[Place, str], pods: t.Sequence[Object]) -> bool:
    """Whether a pod of it is older than the last change of a Secret that it reads.

    Both times are those of the API server, so no clocks are compared.
    """
    last = max((times.get(secret, "") for secret in secrets_read(workload)), default="")
    labels = ((workload["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    namespace = workload["metadata"].get("namespace", "")
    own = [
        pod["metadata"]
        for pod in pods
        if pod["metadata"]["namespace"] == namespace and labels <= (pod["metadata"].get("labels") or {}).items()
    ]
    return any(pod["creationTimestamp"] < last for pod in own if not pod.get("deletionTimestamp"))
