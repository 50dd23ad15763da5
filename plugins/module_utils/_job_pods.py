# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods of one job: coordinator and executors, with events and the ends of their logs; and what the components complain of meanwhile.

A finished coordinator's pod is gone 30 s after the job ended, so this is read while the job runs, and merged.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError

_LOG_LINES = 60
# A job's own pods do not say why its route was refused or a reply did not arrive: these do.
_COMPONENTS = ("job-scheduler", "proxy", "task-manager")
_COMPLAINT = re.compile(r"warn|error|exception|refused|denied|fail", re.IGNORECASE)
# Lines of earlier jobs would mislead. Until a job has a pod, this many seconds are looked back.
_LOOK_BACK = 30


def belongs(pod_name: str, namespace: str, job_id: str) -> bool:
    """Whether a pod of that name is the job's coordinator or one of its executors."""
    coordinator = f"{namespace}-{job_id}"
    return (
        pod_name == coordinator or re.match(rf"(train|evaluate)-({re.escape(namespace)}-)?{re.escape(job_id)}-\d+-", pod_name) is not None
    )


def is_component(pod: dict[str, Any]) -> bool:
    """Whether a pod is one of the components that take part in a job, by the labels that this collection gives them."""
    labels = pod["metadata"].get("labels") or {}
    return labels.get("app.kubernetes.io/part-of") == "neursafe-fl" and labels.get("app.kubernetes.io/component") in _COMPONENTS


def merge(kept: list[dict[str, Any]], seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Newer sights replace older ones, but a pod that is gone, or lost its log, keeps what was read of it."""
    by_name = {pod["name"]: pod for pod in kept}
    for pod in seen:
        before = by_name.get(pod["name"], {})
        by_name[pod["name"]] = {**pod, "log": pod["log"] or before.get("log", []), "events": pod["events"] or before.get("events", [])}
    return list(by_name.values())


def waiting_reason(status: dict[str, Any]) -> str:
    """Why a pod is not running, from its status: a container's reason, or the scheduler's."""
    for container in status.get("containerStatuses") or []:
        state = container.get("state") or {}
        for kind in ("waiting", "terminated"):
            reason = (state.get(kind) or {}).get("reason")
            if reason and reason not in ("ContainerCreating", "Completed"):
                return str(reason)
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason") or "")
    return str(status.get("reason") or "")


class JobPods:
    """Reads the pods of a job through the Kubernetes API. It only gathers evidence, so a cluster that is away for a moment is no error."""

    def __init__(self, kubeconfig: str | None, context: str | None, namespace: str) -> None:
        self._kube = Kube(kubeconfig, context, timeout=10)
        self._base = f"/api/v1/namespaces/{namespace}"

    def read(self, fl_namespace: str, job_id: str) -> list[dict[str, Any]]:
        try:
            pods = self._kube.get(f"{self._base}/pods")["items"]
            mine = [pod for pod in pods if belongs(pod["metadata"]["name"], fl_namespace, job_id)]
            events = self._events({pod["metadata"]["name"] for pod in mine}) if mine else {}
        except KubeError:
            return []
        started = min((pod["metadata"].get("creationTimestamp", "") for pod in mine), default="")
        period = {"sinceTime": started} if started else {"sinceSeconds": str(_LOOK_BACK)}
        logs = [(pod, self._log(pod, tailLines=str(_LOG_LINES))) for pod in mine]
        complaints = [(pod, [line for line in self._log(pod, **period) if _COMPLAINT.search(line)]) for pod in pods if is_component(pod)]
        return [
            {
                "name": pod["metadata"]["name"],
                "phase": pod.get("status", {}).get("phase", ""),
                "reason": waiting_reason(pod.get("status", {})),
                "node": pod.get("spec", {}).get("nodeName", ""),
                "events": events.get(pod["metadata"]["name"], []),
                "log": log,
            }
            for pod, log in [*logs, *(said for said in complaints if said[1])]
        ]

    def _events(self, names: set[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for event in self._kube.get(f"{self._base}/events")["items"]:
            name = (event.get("involvedObject") or {}).get("name")
            if name in names and event.get("type") != "Normal":
                found.setdefault(name, []).append(f"{event.get('reason')}: {event.get('message')}")
        return found

    def _log(self, pod: dict[str, Any], **which: str) -> list[str]:
        if pod.get("status", {}).get("phase") == "Pending":
            return []
        container = pod["spec"]["containers"][0]["name"]
        try:
            text = self._kube.text(f"{self._base}/pods/{pod['metadata']['name']}/log", container=container, **which)
        except KubeError:
            return []  # gone between list and read
        return [line for line in text.splitlines() if line.strip()]
