# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: jobs in the database, and what makes a valid one."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from neursafe_fl.python.libs import db
from neursafe_fl.python.libs.http import ApiError

Job = dict[str, Any]
ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,98}[a-z0-9])?")
# QUEUING -> STARTING -> (PENDING ->) RUNNING -> FINISHED | FAILED; STOPPING -> STOPPED
ACTIVE = ("QUEUING", "STARTING", "PENDING", "RUNNING", "STOPPING")
OWN_KEYS = ("namespace", "create_time", "start_time", "checkpoints", "status")


def now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def name_of(job: Job) -> str:
    """Name of the job's Service, Pod, route and folder."""
    return f"{job['namespace']}-{job['id']}"


def validate(job: Any) -> None:
    """Refuse, with 403, what the real scheduler refuses."""
    if not isinstance(job, dict):
        raise ApiError(403, "The job must be a map.")
    for key in ("id", "runtime", "output"):
        if not isinstance(job.get(key), str) or not job[key]:
            raise ApiError(403, f"{key} is required and must be a string.")
    if not ID.fullmatch(job["id"]):
        raise ApiError(403, f"id {job['id']!r} does not match {ID.pattern}.")
    if job["runtime"] not in ("tensorflow", "pytorch"):
        raise ApiError(403, f"runtime {job['runtime']!r} is not supported.")
    _validate_parts(job)


def _validate_parts(job: Job) -> None:
    if bool(job.get("task_entry")) == bool(job.get("scripts")):
        raise ApiError(403, "One of task_entry and scripts is required.")
    if not any(job.get(key) for key in ("model_path", "model_id", "checkpoint_id")):
        raise ApiError(403, "One of model_path, model_id and checkpoint_id is required.")
    if job.get("checkpoint_id"):
        raise ApiError(403, "checkpoint_id is not supported by the test double.")
    for key in ("hyper_parameters", "resource", "parameters", "scripts"):
        if key in job and not isinstance(job[key], dict):
            raise ApiError(403, f"{key} must be a map.")
    if "port" in job and not isinstance(job["port"], int):
        raise ApiError(403, "port must be an integer.")


class Jobs:
    def __init__(self, collection: db.Collection) -> None:
        self._collection = collection
        self._lock = threading.RLock()

    def find(self, match: Job) -> list[Job]:
        return self._collection.find(match)

    def get(self, namespace: str, job_id: str) -> Job | None:
        found = self.find({"namespace": namespace, "id": job_id})
        return found[0] if found else None

    def in_states(self, *states: str) -> list[Job]:
        return [job for state in states for job in self.find({"status": {"state": state}})]

    def add(self, namespace: str, config: Job) -> None:
        status = {"state": "QUEUING", "reason": None, "progress": 0}
        with self._lock:
            if self.get(namespace, config["id"]):
                raise ApiError(403, f"Job {config['id']} already existing in namespace {namespace}.")
            try:
                self._collection.insert(
                    {
                        **config,
                        "namespace": namespace,
                        "create_time": now(),
                        "start_time": now(),
                        "checkpoints": [],
                        "runs": 0,
                        "status": status,
                    }
                )
            except db.DuplicateError as error:
                raise ApiError(403, f"Job {config['id']} already existing in namespace {namespace}.") from error

    def change(self, job: Job, edit: Callable[[Job], None]) -> Job:
        """Read, edit, write; the edit may raise to leave the job as it is."""
        match = {"namespace": job["namespace"], "id": job["id"]}
        with self._lock:
            fresh = self.get(namespace=job["namespace"], job_id=job["id"])
            if fresh is None:
                raise ApiError(404, f"Job {job['id']} not existing.")
            before = fresh["status"]["state"]
            edit(fresh)
            self._collection.replace(match, fresh)
        if fresh["status"]["state"] != before:
            logging.info("job %s: %s -> %s %s", name_of(job), before, fresh["status"]["state"], fresh["status"]["reason"] or "")
        return fresh

    def move(self, job: Job, state: str, reason: str | None = None, only_from: tuple[str, ...] = ()) -> bool:
        """Set the state; False when the job has left the states it may come from, or is gone."""

        def edit(fresh: Job) -> None:
            if only_from and fresh["status"]["state"] not in only_from:
                raise ApiError(403, f"Job is {fresh['status']['state']}.")
            fresh["status"].update(state=state, reason=reason)

        try:
            self.change(job, edit)
        except ApiError:
            return False
        return True

    def delete(self, job: Job) -> None:
        self._collection.delete({"namespace": job["namespace"], "id": job["id"]})
