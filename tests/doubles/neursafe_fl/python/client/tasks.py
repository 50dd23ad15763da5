# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: one train or evaluate task of a round, from the coordinator's call to the reply."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import Any

from neursafe_fl.python.client.executors import EXECUTORS, Work
from neursafe_fl.python.client.resources import Amounts, LocalResources, demand_of
from neursafe_fl.python.libs import db, rpc
from neursafe_fl.python.libs.rpc import Message


@dataclass
class Task:
    name: str
    message: Message
    entry: dict[str, Any]
    scripts: str
    folder: str
    node: str
    demand: Amounts


class Tasks:
    def __init__(self, config: dict[str, Any], resources: LocalResources, collection: db.Collection | None) -> None:
        self._config = config
        self._resources = resources
        self._collection = collection  # rows are there only while a task runs

    def run(self, message: Message) -> Message:
        """Accept or refuse at once, work in the background."""
        if message["resource"].get("worker_num", 1) != 1:
            raise NotImplementedError("the test double has one worker per task")
        demand = demand_of(message["resource"])
        node = self._resources.take(demand)
        try:
            task = self._prepare(message, node, demand)
        except BaseException:
            self._resources.give_back(node, demand)
            raise
        logging.info("task %s on %s", task.name, node)
        threading.Thread(target=self._work, args=(task,), daemon=True).start()
        return {"state": "success"}

    def stop(self, message: Message) -> Message:
        return {"state": "success"}  # a task of the doubles is over in seconds

    def _prepare(self, message: Message, node: str, demand: Amounts) -> Task:
        name, folder = self._make_folder(message)
        if message.get("scripts"):
            scripts = os.path.join(folder, "scripts")
            _write_files(scripts, message["scripts"])
            entry_file, base = os.path.join(scripts, message["scripts_config"]), scripts
        else:
            base = self._config["task_config_entry"]
            entry_file = os.path.join(base, f"{message['task_entry']}.json")
        with open(entry_file, encoding="utf-8") as stream:
            entry = json.load(stream)
        scripts = os.path.join(base, entry.get("script_path", ""))
        operation = entry[message["operation"]]
        for key in ("command", "entry"):
            operation[key]  # a KeyError without it
        self._write_inputs(folder, message)
        return Task(name, message, operation, scripts, folder, node, demand)

    def _make_folder(self, message: Message) -> tuple[str, str]:
        while True:
            name = "-".join(
                [message["operation"], message["job_name"], str(self._config["port"]), str(message["round"]), time.strftime("%Y%m%d%H%M%S")]
            )
            folder = os.path.join(self._config["workspace"], f"{name}_running")
            if not os.path.exists(folder.removesuffix("_running")):
                try:
                    os.mkdir(folder)
                    return name, folder
                except FileExistsError:
                    pass  # selected twice for one round
            time.sleep(0.2)

    def _write_inputs(self, folder: str, message: Message) -> None:
        with open(os.path.join(folder, "weights.npz"), "wb") as stream:
            stream.write(rpc.unblob(message["weights"]))
        with open(os.path.join(folder, "task.json"), "w", encoding="utf-8") as stream:
            json.dump(
                {
                    "operation": message["operation"],
                    "round": message["round"],
                    "parameters": message["parameters"],
                    "datasets": self._config["datasets"],
                },
                stream,
            )

    def _dataset_paths(self, message: Message) -> list[str]:
        with open(self._config["datasets"], encoding="utf-8") as stream:
            known = json.load(stream)
        return [known[name] for name in (message.get("datasets") or "").split(",") if name]  # KeyError: unknown here

    def _work(self, task: Task) -> None:
        message = task.message
        reply = {"task": message["task"], "client": self._config["external_address"], "round": message["round"]}
        row = {"task_id": task.name, "job": message["job_id"], "node": task.node}
        try:
            if self._collection:
                self._collection.insert(row)
            self._execute(task)
            reply.update(state="success", **self._results(task))
        except Exception as error:
            logging.exception("task %s failed", task.name)
            reply.update(state="failed", reason=f"{type(error).__name__}: {error}")
        finally:
            self._resources.give_back(task.node, task.demand)
            os.rename(task.folder, task.folder.removesuffix("_running"))
        self._send(message, reply)
        if self._collection:
            self._collection.delete({"task_id": task.name})

    def _execute(self, task: Task) -> None:
        arguments = [
            str(part)
            for key, value in {**task.entry.get("params", {}), **task.message["parameters"]}.items()
            for part in (f"--{key}", value)
        ]
        command = [task.entry["command"], task.entry["entry"], *arguments, "--nsfl_task_dir", task.folder]
        EXECUTORS[self._config["platform"]](
            Work(
                name=f"{task.name}-0",
                command=command,
                scripts=task.scripts,
                node=task.node,
                demand=task.demand,
                workspace=self._config["workspace"],
                datasets=self._config["datasets"],
                dataset_paths=self._dataset_paths(task.message),
                folder=task.folder,
                timeout=60 * float(task.entry.get("timeout", 180)),
            )
        )

    def _results(self, task: Task) -> Message:
        with open(os.path.join(task.folder, "metrics.json"), encoding="utf-8") as stream:
            results: Message = {"metrics": json.load(stream)}
        if task.message["operation"] == "train":
            # The difference travels, not the weights.
            from neursafe_fl.doubles import load_arrays, pack

            before = load_arrays(os.path.join(task.folder, "weights.npz"))
            after = load_arrays(os.path.join(task.folder, "committed_weights.npz"))
            results["weights"] = rpc.blob(pack(new - old for new, old in zip(after, before, strict=True)))
        return results

    def _send(self, message: Message, reply: Message) -> None:
        """Through the proxy, which finds the coordinator by the module-id header. No retry: a lost reply is lost."""
        method = {"train": "/TrainReplyService/TrainReply", "evaluate": "/EvaluateReplyService/EvaluateReply"}[message["operation"]]
        try:
            rpc.call(self._config["server"], method, reply, module_id=message["job_id"])
            logging.info("reply for %s sent: %s", message["task"], reply["state"])
        except rpc.Error as error:
            logging.error("reply for %s failed: %s", message["task"], rpc.reason(error))


def _write_files(folder: str, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(rpc.unblob(content))
