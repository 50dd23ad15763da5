# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When is a workload ready, and if it is not, why. Pure functions over what the API returns."""

from __future__ import annotations

import re
import typing as t

Object = dict[str, t.Any]

# The kinds that become ready.
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")

_COMPLAINT = re.compile(r"error|refused|fail|unreachable|timed out|denied", re.IGNORECASE)
# "10.0.0.1:5432", "db.example:5432", and libpq's 'at "10.0.0.1", port 5432'; not the time of day.
_PEER = re.compile(r'\b(\d+\.\d+\.\d+\.\d+|[a-z][\w-]*(?:\.[\w-]+)*)(?::|", port )(\d{2,5})\b', re.IGNORECASE)
_LAST_LINES = 8
_LAST_EVENTS = 4

# What is seen -> what is usually behind it and what mends it. First match wins; the contract's symptoms come first.
HINTS: tuple[tuple[str, str], ...] = (
    (
        r"Operation not permitted: '/|Transport endpoint is not connected",
        "the bucket is not mounted there (an empty mount point refuses to be written); look at nsfl-s3fs@<bucket> on that node",
    ),
    (r"not a shared or slave mount", "the host's mounts are private; run mount --make-rshared / on the node"),
    (r"hostPath type check failed", "the folder is missing on the node; mount the shared storage there and create the folders"),
    (r"host not found in upstream", "nginx cannot resolve the client selector's Service; check the cluster's DNS and domain settings"),
    (r"Env: .*not configure", "the process lacks a variable it demands; it is named in the log"),
    (r"CollectionNotExisting", "a table or collection is missing; run the database role"),
    (
        r"DataBaseError|password authentication failed|OperationalError|could not connect to server",
        "the database refuses; check its address, name, user and password",
    ),
    (
        r"pull.*x509: ",
        "the node does not take the registry's certificate; have its containerd know the authority, or have the certificate renewed",
    ),
    (
        r"ErrImageNeverPull|ErrImagePull|ImagePullBackOff|InvalidImageName",
        "the node cannot get the image; check name, registry, pull secret",
    ),
    (r"secret \"([^\"]+)\" not found", "the Secret is missing in the namespace"),
    (r"couldn't find key (\S+) in Secret", "the Secret lacks a key; for an account's token, Kubernetes fills it in within seconds"),
    (r"Insufficient (cpu|memory)", "no node has room; lower the requests (resources) or add a node"),
    (r"violates PodSecurity", "the namespace enforces a Pod Security level that allows no hostPath; use a namespace of level privileged"),
    (r"untolerated taint|didn't match Pod's node affinity", "no node will take the pod; check taints and node selectors"),
    (r"connection refused|No route to host|Connection timed out", "a peer does not answer; its address is in the log line"),
    (r"OOMKilled", "the memory limit is too low"),
)


def is_ready(item: Object) -> bool:
    """Whether a workload is as its spec says, all of it and nothing older."""
    status, spec = item.get("status") or {}, item.get("spec") or {}
    current = bool(status.get("observedGeneration", 0) >= item["metadata"].get("generation", 0))
    kind = item["kind"]
    if kind == "Deployment":
        wanted = spec.get("replicas", 1)
        counts = [status.get(name, 0) for name in ("updatedReplicas", "availableReplicas", "replicas")]
        return current and counts == [wanted, wanted, wanted]
    if kind == "StatefulSet":
        wanted = spec.get("replicas", 1)
        return current and [status.get(name, 0) for name in ("readyReplicas", "updatedReplicas")] == [wanted, wanted]
    if kind == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return current and [status.get(name, 0) for name in ("numberAvailable", "updatedNumberScheduled")] == [wanted, wanted]
    if kind == "Job":
        return bool(status.get("succeeded", 0) >= spec.get("completions", 1))
    raise ValueError(f"no readiness is known for {kind}")


def has_failed(item: Object) -> bool:
    """Whether Kubernetes has given up: a Job that has used all its attempts will never be ready."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return item["kind"] == "Job" and any(entry["type"] == "Failed" and entry["status"] == "True" for entry in conditions)


def backs_off(pod: Object) -> bool:
    """Whether the kubelet lets the pod wait, up to five minutes, before it tries a container or its image again."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    reasons = {((status.get("state") or {}).get("waiting") or {}).get("reason") for status in statuses}
    return bool(reasons & {"CrashLoopBackOff", "ImagePullBackOff"})


def pod_trouble(pod: Object) -> list[str]:
    """What the pod's own status says is wrong; empty for a pod in health."""
    status = pod.get("status") or {}
    unscheduled = [
        condition
        for condition in status.get("conditions") or []
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False"
    ]
    found = [f"not scheduled: {condition.get('message', condition.get('reason'))}" for condition in unscheduled]
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        found += _container_trouble(container)
    return found


def _container_trouble(container: Object) -> list[str]:
    name, state = container["name"], container.get("state") or {}
    found = []
    waiting = state.get("waiting")
    if waiting and waiting.get("reason") not in ("ContainerCreating", "PodInitializing"):
        found.append(f"container {name} waits: {waiting.get('reason')}: {waiting.get('message', '')}".rstrip(": "))
    ended = state.get("terminated") or (container.get("lastState") or {}).get("terminated")
    if ended and ended.get("exitCode"):
        found.append(f"container {name} ended with code {ended['exitCode']} ({ended.get('reason', 'Error')})")
    if "running" in state and not container.get("ready"):
        found.append(f"container {name} runs, but its readiness probe fails")
    return found


def lines_of_interest(log: str) -> list[str]:
    """The end of a log, without its blank lines."""
    return [line.rstrip()[:300] for line in log.splitlines() if line.strip()][-_LAST_LINES:]


def event_lines(events: list[Object], names: set[str]) -> list[str]:
    """The last warnings about the given objects, each said once."""
    about = [event for event in events if event.get("type") == "Warning" and (event.get("involvedObject") or {}).get("name") in names]
    about.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    lines = [f"{event.get('reason')}: {' '.join(str(event.get('message', '')).split())[:400]}" for event in about]
    return list(dict.fromkeys(lines))[-_LAST_EVENTS:]


def hint(text: str) -> str:
    """The usual cause of what is seen, or nothing."""
    return next((cure for pattern, cure in HINTS if re.search(pattern, text, re.IGNORECASE)), "")


def peers(text: str) -> list[str]:
    """Addresses with a port that a log speaks of when it complains."""
    complaints = "\n".join(line for line in text.splitlines() if _COMPLAINT.search(line))
    named = [f"{host}:{port}" for host, port in _PEER.findall(complaints)]
    return list(dict.fromkeys(named))[-3:]


def explain(item: Object, pods: list[Object], events: list[Object], logs: dict[str, str]) -> list[str]:
    """Why a workload is not ready: the pods' own words, the last events and log lines, the usual cause, the next command."""
    metadata = item["metadata"]
    where = f"{item['kind']} {metadata['namespace']}/{metadata['name']}"
    if not pods:
        seen = _conditions(item) + event_lines(events, {metadata["name"], *_owned(events, metadata["name"])})
        return [
            f"{where}: no pod was created",
            *seen,
            *_cause(seen),
            _next(metadata["namespace"], "describe", item["kind"], metadata["name"]),
        ]
    lines = [f"{where}: not ready"]
    for pod in pods:
        name = pod["metadata"]["name"]
        node = (pod.get("spec") or {}).get("nodeName", "no node")
        trouble = pod_trouble(pod) or [f"is {(pod.get('status') or {}).get('phase', 'Unknown')}"]
        seen = trouble + event_lines(events, {name})
        log = lines_of_interest(logs.get(name, ""))
        lines += [f"pod {name} on {node}: {line}" for line in seen]
        lines += [f"log of {name}: {line}" for line in log]
        addresses = peers("\n".join(log))
        lines += [f"peers named in the log: {', '.join(addresses)}"] if addresses else []
        lines += _cause([*seen, *log])
        lines.append(_next(metadata["namespace"], "logs --previous" if "ended with code" in " ".join(trouble) else "describe", "pod", name))
    return lines


def _owned(events: list[Object], name: str) -> set[str]:
    """ReplicaSets of a Deployment that events speak of."""
    names = {str((event.get("involvedObject") or {}).get("name", "")) for event in events}
    return {other for other in names if other.startswith(f"{name}-")}


def _conditions(item: Object) -> list[str]:
    conditions = (item.get("status") or {}).get("conditions") or []
    return [
        f"{entry['type']}: {entry.get('message', '')}" for entry in conditions if entry.get("status") != "True" or "Fail" in entry["type"]
    ]


def _cause(seen: list[str]) -> list[str]:
    cure = hint("\n".join(seen))
    return [f"usual cause: {cure}"] if cure else []


def _next(namespace: str, verb: str, kind: str, name: str) -> str:
    target = name if verb.startswith("logs") else f"{kind.lower()} {name}"
    return f"next: kubectl -n {namespace} {verb} {target}"
