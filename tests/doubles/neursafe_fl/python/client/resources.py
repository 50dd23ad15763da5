# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: which node has room for a task. A task takes 1 cpu and 1000 MB unless the job says otherwise."""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import socket
import threading
import time
from typing import Any

from neursafe_fl.python.libs import http as http_lib
from neursafe_fl.python.libs import kubernetes
from neursafe_fl.python.libs.settings import env, env_int
from neursafe_fl.python.libs.shape import SUCCESSOR

Amounts = dict[str, float]  # cpu in cores, memory in MB, gpu
UNITS = {"": 1e-6, "Ki": 1024 / 1e6, "Mi": 1024**2 / 1e6, "Gi": 1024**3 / 1e6, "K": 1e-3, "M": 1.0, "G": 1e3}


class PlatformError(Exception):
    """The cluster's node list cannot be had."""


def demand_of(resource: dict[str, Any]) -> Amounts:
    return {"cpu": float(resource.get("cpu", 1.0)), "memory": float(resource.get("memory", 1000)), "gpu": float(resource.get("gpu", 0))}


class LocalResources:
    """One node, this machine: its id is the hostname. In a pod that is the pod's name, which no nodeSelector can match."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self._taken: dict[str, list[Amounts]] = {}
        self.nodes: dict[str, Amounts] = self._find(config)

    def _find(self, config: dict[str, Any]) -> dict[str, Amounts]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
        own = {"cpu": float(os.cpu_count() or 1), "memory": memory, "gpu": 0.0}
        return {socket.gethostname(): {**own, **{key: float(value) for key, value in config["resource"].items()}}}

    def node_names(self) -> list[str]:
        return sorted(self.nodes)

    def take(self, demand: Amounts) -> str:
        with self._lock:
            free = {
                node: {key: has[key] - sum(taken[key] for taken in self._taken.get(node, [])) for key in demand}
                for node, has in self.nodes.items()
            }
            fitting = [node for node, has in free.items() if all(has[key] >= demand[key] for key in demand)]
            if not fitting:
                raise RuntimeError("No enough resource")
            node = max(fitting, key=lambda name: free[name]["cpu"])
            self._taken.setdefault(node, []).append(demand)
            return node

    def give_back(self, node: str, demand: Amounts) -> None:
        with self._lock:
            self._taken[node].remove(demand)


class ClusterResources(LocalResources):
    """The nodes of the cluster, listed and watched."""

    def _find(self, config: dict[str, Any]) -> dict[str, Amounts]:
        for _attempt in range(env_int("MAX_RETRY_TIMES") + 1):
            try:
                answer = kubernetes.list_nodes()
                threading.Thread(target=self._watch, args=(answer["metadata"]["resourceVersion"],), daemon=True).start()
                return {name: amounts for name, amounts in map(_read_node, answer["items"]) if amounts}
            except (OSError, http_lib.HttpError, ValueError) as error:
                last = error
                logging.warning("list nodes: %s", error)
                time.sleep(1)
        raise PlatformError(str(last))

    def _watch(self, version: str) -> None:
        """When the watch ends, the list as it is then stays in use."""
        secure = SUCCESSOR and env("K8S_API_PROTOCOL") == "https"
        connection = http_lib.connection(env("K8S_ADDRESS"), "https" if secure else "http", None)
        try:
            headers = kubernetes.authorization() if SUCCESSOR else {}
            connection.request("GET", f"/api/v1/nodes?watch=1&resourceVersion={version}", headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                raise OSError(f"HTTP {response.status}")
            for line in response:
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
                    name, amounts = _read_node(event["object"])
                    with self._lock:
                        self.nodes.pop(name, None)
                        if amounts and event["type"] != "DELETED":
                            self.nodes[name] = amounts
        except (OSError, ValueError, http.client.HTTPException) as error:
            logging.warning("node watch: %s", error)
        logging.warning("node watch ended")


def _read_node(node: dict[str, Any]) -> tuple[str, Amounts | None]:
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in node["status"].get("conditions", []))
    if not ready or node["spec"].get("unschedulable"):
        return node["metadata"]["name"], None
    has = node["status"]["allocatable"]
    cpu = float(has["cpu"][:-1]) / 1000 if has["cpu"].endswith("m") else float(has["cpu"])
    number, unit = re.findall(r"^([0-9.]+)([A-Za-z]*)$", has["memory"])[0]
    amounts = {"cpu": cpu, "memory": float(number) * UNITS[unit], "gpu": float(has.get(env("GPU_RS_KEY"), 0))}
    return node["metadata"]["labels"].get("kubernetes.io/hostname", node["metadata"]["name"]), amounts
