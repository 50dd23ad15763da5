# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the clients that the selector knows, in memory only."""

from __future__ import annotations

import logging
import random
import threading
import time

from neursafe_fl.python.libs.rpc import Message
from neursafe_fl.python.libs.settings import env_int


class Clients:
    """Keyed by an id that each client process draws anew: after a restart the old entry stays until it expires, with
    the same address, and can be selected beside the new one."""

    def __init__(self) -> None:
        self._known: dict[str, Message] = {}
        self._lock = threading.Lock()

    def register(self, message: Message) -> Message:
        self._keep(message)
        logging.info(
            "client %s registered: %s runtime %s platform %s", message["id"], message["address"], message["runtime"], message["platform"]
        )
        return {"state": "success"}

    def report(self, message: Message) -> Message:
        """With auth_client off a report is as good as a registration."""
        self._keep(message)
        logging.debug("report of %s at %s", message["id"], message["address"])
        return {"state": "success"}

    def quit(self, message: Message) -> Message:
        with self._lock:
            self._known.pop(message["id"], None)
        return {"state": "success"}

    def _keep(self, message: Message) -> None:
        with self._lock:
            tasks = self._known.get(message["id"], {}).get("tasks", 0)
            self._known[message["id"]] = {**message, "seen": time.monotonic(), "tasks": tasks}

    def _fitting(self, demand: Message) -> list[Message]:
        now = time.monotonic()
        for key, client in list(self._known.items()):
            heart = "CLUSTER_HEART" if client["platform"] == "k8s" else "SINGLE_HEART"
            if now - client["seen"] > env_int(heart):
                logging.info("client %s at %s expired", key, client["address"])
                del self._known[key]
        pinned = [address.strip() for address in (demand.get("clients") or "").split(",") if address]
        return [
            client
            for client in self._known.values()
            # Split without trimming, compared exactly: "tensorflow, pytorch" offers no pytorch.
            if demand["runtime"] in client["runtime"].split(",")
            and (not pinned or client["address"] in pinned)
            and not 0 <= client["max_task_parallelism"] <= client["tasks"]
        ]

    def check(self, demand: Message) -> Message:
        with self._lock:
            found = len(self._fitting(demand))
        return {"enough": found >= demand["client_num"], "found": found}

    def select(self, demand: Message) -> Message:
        with self._lock:
            fitting = self._fitting(demand)
            chosen = random.sample(fitting, min(demand["client_num"], len(fitting)))
            for client in chosen:
                client["tasks"] += 1
        addresses = [client["address"] for client in chosen]
        logging.info("selected for %s: %s", demand["job_id"], addresses)
        return {"clients": [{"id": client["id"], "address": client["address"]} for client in chosen]}

    def release(self, message: Message) -> Message:
        with self._lock:
            for key in message["clients"]:
                if key in self._known:
                    self._known[key]["tasks"] -= 1
        return {"state": "success"}

    def get(self, message: Message) -> Message:
        with self._lock:
            return {
                "clients": [{"id": key, "address": client["address"], "runtime": client["runtime"]} for key, client in self._known.items()]
            }
