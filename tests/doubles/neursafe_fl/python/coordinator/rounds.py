# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: federated averaging. Select clients, hand out the weights, collect differences, average, evaluate."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

import numpy as np

from neursafe_fl.doubles import load_arrays, pack, unpack
from neursafe_fl.python.coordinator.output import Output
from neursafe_fl.python.libs import rpc
from neursafe_fl.python.libs.rpc import Message
from neursafe_fl.python.libs.settings import env

DIAL_ATTEMPTS = 4


class RoundError(Exception):
    """Too few clients did their part."""


class StoppedError(Exception):
    """The scheduler asked for the end."""


class Rounds:
    def __init__(self, config: dict[str, Any], output: Output) -> None:
        self.config = config
        self.hyper = config["hyper_parameters"]
        self.output = output
        self.progress = 0
        self.weights = load_arrays(config["model_path"])
        self._replies: dict[str, Message] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._server = rpc.serve(
            f"0.0.0.0:{config['port']}",
            {
                "TrainReplyService": {"TrainReply": self._reply},
                "EvaluateReplyService": {"EvaluateReply": self._reply},
                "JobStopService": {"Stop": self._stop},
            },
        )

    def run(self) -> None:
        for number in range(1, self.hyper["max_round_num"] + 1):
            replies = self._ask("train", number)
            self._average(replies)
            record: dict[str, Any] = {"round": number, "clients": len(replies), "train": _mean(replies)}
            if number % self.hyper["evaluate_interval"] == 0:
                record["evaluate"] = _mean(self._ask("evaluate", number))
            if number % self.hyper["save_interval"] == 0:
                self.output.save_checkpoint(number, self.weights, record.get("evaluate", {}))
            self.output.rounds.append(record)
            self.output.write_metrics("RUNNING")
            self.progress = min(99, 100 * number // self.hyper["max_round_num"])
            logging.info("round %d: %s", number, record)

    def _average(self, replies: list[Message]) -> None:
        shares = np.array([reply["metrics"].get("sample_num", 1) for reply in replies], float)
        shares /= shares.sum()
        differences = [unpack(rpc.unblob(reply["weights"])) for reply in replies]
        for index, weight in enumerate(self.weights):
            step = sum(share * difference[index] for share, difference in zip(shares, differences, strict=True))
            self.weights[index] = (weight + self.hyper["learning_rate"] * step).astype(weight.dtype)

    def _ask(self, operation: str, number: int) -> list[Message]:
        """One operation on the selected clients; good replies, at least threshold_client_num of them."""
        end = time.monotonic() + self.hyper["round_timeout"]
        clients = self._select(end)
        message = self._message(operation, number)
        service = {"train": "/TrainService/Train", "evaluate": "/EvaluateService/Evaluate"}[operation]
        self._replies = {}
        try:
            # A client is dialled at the address that it reported itself.
            tasks = [
                self._dial(client["address"], service, message, f"{operation}-{number}-{index}", end)
                for index, client in enumerate(clients)
            ]
            return self._wait([task for task in tasks if task], end)
        finally:
            self._release(clients)

    def _select(self, end: float) -> list[Message]:
        demand = {
            "client_num": self.hyper["client_num"],
            "runtime": self.config["runtime"],
            "job_id": self.config["job-id"],
            "clients": self.config.get("clients"),
            "resource": self.config.get("resource", {}),
        }
        while time.monotonic() < end:
            clients = rpc.call(env("SELECTOR_ADDRESS"), "/SelectService/Select", demand)["clients"]
            if len(clients) >= self.hyper["threshold_client_num"]:
                return clients
            self._release(clients)
            self._check_stop()
            time.sleep(1)
        raise RoundError("too few clients to select from")

    def _release(self, clients: list[Message]) -> None:
        try:
            rpc.call(env("SELECTOR_ADDRESS"), "/SelectService/Release", {"clients": [client["id"] for client in clients]})
        except rpc.Error as error:
            logging.warning("release: %s", rpc.reason(error))

    def _message(self, operation: str, number: int) -> Message:
        config = self.config
        message = {
            "job_id": config["job-id"],
            "job_name": config["job_name"],
            "operation": operation,
            "round": number,
            "task_entry": config.get("task_entry"),
            "datasets": config.get("datasets"),
            "runtime": config["runtime"],
            "parameters": config.get("parameters", {}),
            "resource": config.get("resource", {}),
            "timeout": self.hyper["round_timeout"],
            "weights": rpc.blob(pack(self.weights)),
        }
        if config.get("scripts"):
            message["scripts"] = _read_folder(config["scripts"]["path"])
            message["scripts_config"] = config["scripts"].get("config_file", "config.json")
        return message

    def _dial(self, address: str, service: str, message: Message, task: str, end: float) -> str | None:
        for attempt in range(1, DIAL_ATTEMPTS + 1):
            try:
                rpc.call(address, service, {**message, "task": task}, timeout=min(10, max(1, end - time.monotonic())))
                return task
            except rpc.Error as error:
                logging.warning("client %s, attempt %d: %s", address, attempt, rpc.reason(error))
                if not rpc.unreachable(error):
                    break  # the client refused: No enough resource, unknown task entry, ...
                time.sleep(1)
        return None

    def _wait(self, tasks: list[str], end: float) -> list[Message]:
        needed = self.hyper["threshold_client_num"]
        with self._changed:
            while True:
                self._check_stop()
                good = [self._replies[task] for task in tasks if self._replies.get(task, {}).get("state") == "success"]
                open_tasks = [task for task in tasks if task not in self._replies]
                over = time.monotonic() > end
                if (not open_tasks or over) and len(good) >= needed:
                    return good
                if over or len(good) + len(open_tasks) < needed:
                    raise RoundError(f"{len(good)} of {needed} needed clients replied")
                self._changed.wait(0.5)

    def _reply(self, message: Message) -> Message:
        with self._changed:
            self._replies[message["task"]] = message
            self._changed.notify_all()
        logging.info("reply of %s for %s: %s %s", message["client"], message["task"], message["state"], message.get("reason", ""))
        return {"state": "success"}

    def _stop(self, message: Message) -> Message:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        return {"state": "success"}

    def _check_stop(self) -> None:
        if self._stopped:
            raise StoppedError("stopped by the scheduler")


def _mean(replies: list[Message]) -> dict[str, float]:
    """Metrics averaged by sample_num, which is itself summed up."""
    metrics = [reply["metrics"] for reply in replies]
    samples = [entry.get("sample_num", 1) for entry in metrics]
    result = {
        key: sum(entry[key] * share for entry, share in zip(metrics, samples, strict=True)) / sum(samples)
        for key in metrics[0]
        if key != "sample_num" and all(key in entry for entry in metrics)
    }
    return {**result, "sample_num": sum(samples)}


def _read_folder(folder: str) -> dict[str, str]:
    files = {}
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as stream:
                files[os.path.relpath(path, folder)] = rpc.blob(stream.read())
    return files
