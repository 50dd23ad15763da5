# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the job scheduler's HTTP API."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from typing import Any

from neursafe_fl.python.job_scheduler.jobs import ACTIVE, OWN_KEYS, Job, Jobs, name_of, now, validate
from neursafe_fl.python.job_scheduler.scheduler import Scheduler
from neursafe_fl.python.libs import http, rpc
from neursafe_fl.python.libs.http import Answer, ApiError
from neursafe_fl.python.libs.settings import env

JOBS = re.compile(r"/api/v1/namespaces/([^/]+)/jobs")
JOB = re.compile(r"/api/v1/namespaces/([^/]+)/jobs/([^/:]+)(?::(start|stop))?")
DONE: Answer = (200, {"state": "SUCCEEDED"})


class Api:
    def __init__(self, jobs: Jobs, scheduler: Scheduler) -> None:
        self.jobs = jobs
        self.scheduler = scheduler

    def __call__(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if (method, path) == ("GET", "/api/v1/health"):
            return 200, "OK"
        if (method, path) == ("PUT", "/api/v1/heartbeat"):
            return self.heartbeat(body)
        if match := JOBS.fullmatch(path):
            return self.all(method, match[1], body)
        if match := JOB.fullmatch(path):
            return self.one(method, match[1], match[2], match[3], body)
        raise ApiError(404, f"{path} is not served.")

    def all(self, method: str, namespace: str, body: Any) -> Answer:
        if method == "GET":
            return 200, {"jobs": [_shown(job) for job in self.jobs.find({"namespace": namespace})]}
        if method == "POST":
            return self.create(namespace, body)
        raise ApiError(405, f"{method} is not served.")

    def one(self, method: str, namespace: str, job_id: str, verb: str | None, body: Any) -> Answer:
        job = self.jobs.get(namespace, job_id)
        if method == "DELETE" and not verb:
            return self.delete(job)
        if job is None:
            raise ApiError(404, f"Job {job_id} not existing in namespace {namespace}.")
        if method == "GET" and not verb:
            return 200, _shown(job)
        if method == "PUT":
            return {"start": self.start, "stop": self.stop}[verb](job) if verb else self.update(job, body)
        raise ApiError(405, f"{method} is not served.")

    def create(self, namespace: str, config: Any) -> Answer:
        validate(config)
        self._check_model(namespace, config)
        self.jobs.add(namespace, config)
        return 201, {"state": "SUCCEEDED"}

    def _check_model(self, namespace: str, config: Job) -> None:
        if config.get("model_path"):
            if not os.path.isfile(os.path.join(env("WORKSPACE"), namespace, config["model_path"])):
                raise ApiError(403, f"Model {config['model_path']} not existing in namespace {namespace}.")
            return
        try:
            model = json.loads(http.request("GET", env("MODEL_MANAGER_ADDRESS"), f"/api/v1/models?model_id={config['model_id']}"))["model"]
        except http.HttpError as error:
            raise ApiError(403, f"Model {config['model_id']} not existing: {error}") from error
        if model["state"] != "ready":
            raise ApiError(403, f"Model {config['model_id']} is {model['state']}.")
        config["model_file"] = model["model_path"]  # below the shared root: <models dir>/<ns>/<model>/<version>/<file>

    def update(self, job: Job, config: Any) -> Answer:
        if job["status"]["state"] in ACTIVE:
            raise ApiError(403, f"Job {job['id']} is {job['status']['state']}.")
        validate(config)
        self._check_model(job["namespace"], config)

        def edit(fresh: Job) -> None:
            kept = {key: fresh[key] for key in (*OWN_KEYS, "runs")}
            fresh.clear()
            fresh.update(config, **kept)

        self.jobs.change(job, edit)
        return DONE

    def start(self, job: Job) -> Answer:
        def edit(fresh: Job) -> None:
            if fresh["status"]["state"] in ACTIVE:
                raise ApiError(403, f"Job {job['id']} is {fresh['status']['state']}.")
            fresh.update(start_time=now(), checkpoints=[], status={"state": "QUEUING", "reason": None, "progress": 0})

        self.jobs.change(job, edit)
        return DONE

    def stop(self, job: Job) -> Answer:
        port = job["port"]  # a KeyError without it, as in the real scheduler
        before = job["status"]["state"]
        if not self.jobs.move(job, "STOPPING", only_from=("QUEUING", "STARTING", "PENDING", "RUNNING")):
            raise ApiError(403, f"Job {job['id']} is {before}.")
        threading.Thread(target=self._stop, args=(job, before, port), daemon=True).start()
        return DONE

    def _stop(self, job: Job, before: str, port: int) -> None:
        if before == "RUNNING":
            with contextlib.suppress(rpc.Error):  # the pod goes away in any case
                rpc.call(f"{name_of(job)}:{port}", "/JobStopService/Stop", {"id": job["id"]})
        self.scheduler.clean_up(job)
        self.jobs.move(job, "STOPPED", only_from=("STOPPING",))

    def delete(self, job: Job | None) -> Answer:
        if job is not None:
            self.jobs.delete(job)
            if job["status"]["state"] in ACTIVE:
                threading.Thread(target=self.scheduler.clean_up, args=(job,), daemon=True).start()
        return DONE  # an unknown job, too

    def heartbeat(self, body: Any) -> Answer:
        try:
            job = self.jobs.get(body["namespace"], body["id"])
            state, progress = body["state"], int(body["progress"])
        except (TypeError, KeyError) as error:
            raise ApiError(403, f"invalid heartbeat: {error!r}") from error
        if job is None or state not in ("RUNNING", "FINISHED", "FAILED"):
            raise ApiError(403, "invalid heartbeat: unknown job or state")

        def edit(fresh: Job) -> None:
            if fresh["status"]["state"] not in ("STARTING", "RUNNING"):
                raise ApiError(403, f"invalid heartbeat: job is {fresh['status']['state']}")
            fresh["status"] = {"state": state, "reason": body.get("reason"), "progress": progress}
            fresh["checkpoints"] = body.get("checkpoints") or []

        self.jobs.change(job, edit)
        self.scheduler.seen(job, state)
        return DONE


def _shown(job: Job) -> Job:
    return {key: value for key, value in job.items() if key not in ("runs", "model_file")}
