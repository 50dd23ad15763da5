# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: what the scheduler makes for one coordinator: route, configuration file, pod."""

from __future__ import annotations

import contextlib
import json
import os

from neursafe_fl.python.job_scheduler.jobs import OWN_KEYS, Job, name_of
from neursafe_fl.python.libs import http, kubernetes
from neursafe_fl.python.libs.kubernetes import Object
from neursafe_fl.python.libs.settings import env
from neursafe_fl.python.libs.shape import SUCCESSOR

ROUTERS = "/api/v1/internal/routers"
PASSED_ON = ("REPORT_PERIOD", "JOB_SCHEDULER_ADDRESS", "SELECTOR_ADDRESS", "COORDINATOR_WORKSPACE_PATH", "DEPLOYMENT_WAY")


def port(job: Job) -> int:
    return int(job.get("port") or env("COORDINATOR_PORT"))


def add_route(name: str, service_port: int) -> None:
    """Without TOKEN in the environment the header's value is None: a TypeError, as in the real scheduler."""
    headers = {"token": os.environ.get("TOKEN"), "module-id": name, "module-service": f"{name}:{service_port}"}
    http.request("POST", env("PROXY_ADDRESS"), ROUTERS, headers=headers)


def delete_route(name: str) -> None:
    http.request("DELETE", env("PROXY_ADDRESS"), ROUTERS, headers={"token": os.environ.get("TOKEN"), "module-id": name})


def write_config(job: Job) -> str:
    """Write coordinator.json; its folder is one mkdir, so a missing TEMP_DIR is an error. Returns the path in the pods."""
    config = {key: value for key, value in job.items() if key not in (*OWN_KEYS, "model_file")}
    config["model_path"] = _inside(job, _model(job), job.get("model_path"))
    config["output"] = _inside(job, job["output"])
    if job.get("scripts"):
        config["scripts"] = {**job["scripts"], "path": _inside(job, job["scripts"]["path"])}
    config.update({"namespace": job["namespace"], "job-id": name_of(job), "job_name": job["id"], "port": port(job)})
    folder = os.path.join(env("WORKSPACE"), env("TEMP_DIR"), name_of(job))
    with contextlib.suppress(FileExistsError):  # a job that is resumed or started again
        os.mkdir(folder)
    path = os.path.join(folder, "coordinator.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(config, stream, indent=2)
    if SUCCESSOR:
        return os.path.join(env("COORDINATOR_WORKSPACE_PATH"), env("TEMP_DIR"), name_of(job), "coordinator.json")
    return path


def _inside(job: Job, path: str, in_namespace: object = True) -> str:
    """Where the coordinator sees a path: each mounted on its own in 2022, in 2024 below the whole tree."""
    folder = job["namespace"] if SUCCESSOR and in_namespace else ""
    return os.path.join(env("COORDINATOR_WORKSPACE_PATH"), folder, path)


def _model(job: Job) -> str:
    return job.get("model_path") or job["model_file"]


def pod(job: Job, config: str) -> Object:
    command = ["python3.7", "-m", "neursafe_fl.python.coordinator.app", "--config_file", config]
    passed_on = {key: env(key) for key in PASSED_ON}
    if SUCCESSOR:
        place = env("COORDINATOR_WORKSPACE_PATH")
        return kubernetes.pod_with_claim(name_of(job), env("COORDINATOR_IMAGE"), command, passed_on, place)
    return kubernetes.pod(name_of(job), env("COORDINATOR_IMAGE"), command, passed_on, _mounts(job, config))


def _mounts(job: Job, config: str) -> list[tuple[str, str, str]]:
    root, inside = env("SOURCE_MOUNT_PATH"), env("COORDINATOR_WORKSPACE_PATH")
    base = os.path.join(root, job["namespace"])
    model_root = base if job.get("model_path") else root
    mounts = [("model-path", os.path.join(model_root, _model(job)), os.path.join(inside, _model(job)))]
    optional = {
        "scripts": job.get("scripts", {}).get("path"),
        "ssl": job.get("ssl"),
        "extender-script": job.get("extender", {}).get("script_path"),
        "output": job["output"],
    }
    mounts += [(name, os.path.join(base, path), os.path.join(inside, path)) for name, path in optional.items() if path]
    return [*mounts, ("entrypoint", os.path.join(root, env("TEMP_DIR"), name_of(job), "coordinator.json"), config)]
