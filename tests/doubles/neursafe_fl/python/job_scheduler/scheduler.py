# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: one job at a time from QUEUING to RUNNING; RUNNING ones side by side."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial

from neursafe_fl.python.job_scheduler import coordinator
from neursafe_fl.python.job_scheduler.jobs import Job, Jobs, name_of
from neursafe_fl.python.libs import http, kubernetes, retry, rpc
from neursafe_fl.python.libs.settings import env, env_int

TICK = 0.5
ERROR = "Server Internal Error."


class Scheduler:
    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self._last_seen: dict[str, float] = {}

    def run_forever(self) -> None:
        while True:
            try:
                self._watch_heartbeats()
                # A job that an earlier process left half started is resumed before any other is taken.
                waiting = self.jobs.in_states("STARTING", "PENDING") or self.jobs.in_states("QUEUING")
                if waiting:
                    self._start(waiting[0])
            except Exception:
                logging.exception("scheduling round")
            time.sleep(TICK)

    def _start(self, job: Job) -> None:
        self.jobs.move(job, "STARTING", only_from=("QUEUING", "PENDING", "STARTING"))
        try:
            if self._wait_for_clients(job):
                self._create(job)
                self._wait_for_coordinator(job)
        except Exception:
            logging.exception("job %s cannot start", name_of(job))
            self._fail(job, ERROR)

    def _wait_for_clients(self, job: Job) -> bool:
        """PENDING blocks every later job until there are clients enough, or time is up."""
        hyper = job.get("hyper_parameters", {})
        demand = {
            "client_num": hyper.get("client_num", env_int("DEFAULT_CLIENT_NUM")),
            "runtime": job["runtime"],
            "clients": job.get("clients"),
            "resource": job.get("resource", {}),
            "job_id": name_of(job),
        }
        end = time.monotonic() + env_int("RESOURCE_CHECK_MAX_TIMES")
        while self._is(job, "STARTING", "PENDING"):
            if rpc.call(env("SELECTOR_ADDRESS"), "/SelectService/CheckClientsResource", demand)["enough"]:
                return self.jobs.move(job, "STARTING", only_from=("STARTING", "PENDING"))
            reason = "Not enough registered clients."
            if time.monotonic() > end:
                self._fail(job, reason)
                return False
            self.jobs.move(job, "PENDING", reason, only_from=("STARTING", "PENDING"))
            time.sleep(1)
        return False

    def _create(self, job: Job) -> None:
        """Route, configuration file, Service, Pod. An answer with an error is tried again, then the process ends;
        no answer at all is not, and fails the job."""
        name = name_of(job)
        port = coordinator.port(job)
        job = self.jobs.change(job, lambda fresh: fresh.update(runs=fresh.get("runs", 0) + 1))
        retry.or_exit(f"route of {name}", lambda: coordinator.add_route(name, port), http.HttpError)
        path = coordinator.write_config(job)
        retry.or_exit(f"service {name}", lambda: kubernetes.create("services", kubernetes.service(name, port)), http.HttpError)
        pod = coordinator.pod(job, path)
        retry.or_exit(f"pod {name}", lambda: kubernetes.create("pods", pod), http.HttpError)
        logging.info("coordinator %s created", name)

    def _wait_for_coordinator(self, job: Job) -> None:
        """Until the first heartbeat; without a limit, so a pod that cannot start blocks the queue."""
        name = name_of(job)
        while self._is(job, "STARTING"):
            time.sleep(TICK)
            self._watch_heartbeats()
            phase = retry.or_exit(f"pod {name}", lambda: kubernetes.pod_phase(name), http.HttpError)
            if phase in ("Failed", "Gone") and self._is(job, "STARTING"):
                self._fail(job, "Coordinator exited before its first heartbeat.")

    def _is(self, job: Job, *states: str) -> bool:
        fresh = self.jobs.get(job["namespace"], job["id"])
        return fresh is not None and fresh["status"]["state"] in states

    def seen(self, job: Job, state: str) -> None:
        self._last_seen[name_of(job)] = time.monotonic()
        if state != "RUNNING":
            threading.Thread(target=self.clean_up, args=(job,), daemon=True).start()

    def _watch_heartbeats(self) -> None:
        for job in self.jobs.in_states("RUNNING"):
            last = self._last_seen.setdefault(name_of(job), time.monotonic())
            if time.monotonic() - last > env_int("COORDINATOR_HEARTBEAT_TIMEOUT"):
                self._fail(job, "Coordinator heartbeat timeout.")

    def _fail(self, job: Job, reason: str) -> None:
        self.jobs.move(job, "FAILED", reason, only_from=("STARTING", "PENDING", "RUNNING"))
        threading.Thread(target=self.clean_up, args=(job,), daemon=True).start()

    def clean_up(self, job: Job) -> None:
        name = name_of(job)
        self._last_seen.pop(name, None)
        for kind in ("pods", "services"):
            try:
                retry.or_exit(f"delete {kind} {name}", partial(kubernetes.delete, kind, name), http.HttpError)
            except OSError as error:
                logging.warning("cannot delete %s %s: %s", kind, name, error)
        try:
            coordinator.delete_route(name)
        except (http.HttpError, OSError, TypeError) as error:
            logging.warning("cannot delete the route of %s: %s", name, error)
