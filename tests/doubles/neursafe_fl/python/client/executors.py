# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: where a task's script runs: as a child of the client, or in a pod of its own."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass

from neursafe_fl.python.client.resources import Amounts
from neursafe_fl.python.libs import http, kubernetes, retry
from neursafe_fl.python.libs.settings import env, env_int
from neursafe_fl.python.libs.shape import SUCCESSOR


@dataclass
class Work:
    name: str
    command: list[str]
    scripts: str
    node: str
    demand: Amounts
    workspace: str
    datasets: str
    dataset_paths: list[str]
    folder: str
    timeout: float


class TaskError(Exception):
    """The script did not end well."""


def run_local(work: Work) -> None:
    log = os.path.join(work.folder, "task.log")
    with open(log, "wb") as stream:
        done = subprocess.run(work.command, cwd=work.scripts, stdout=stream, stderr=subprocess.STDOUT, timeout=work.timeout, check=False)
    if done.returncode:
        with open(log, encoding="utf-8", errors="replace") as stream:
            raise TaskError(f"{work.command[:2]} exited {done.returncode}: {stream.read()[-1000:]}")


def run_pod(work: Work) -> None:
    """A Service and a Pod on the chosen node. Each host path is mounted at the same path, so it must exist there."""
    proxies = {"http_proxy": "WORKER_HTTP_PROXY", "https_proxy": "WORKER_HTTPS_PROXY", "no_proxy": "WORKER_NO_PROXY"}
    env_map = {name: os.environ[source] for name, source in proxies.items() if os.environ.get(source)}
    image = os.environ["CONTAINER_EXECUTOR_IMAGE"]
    if SUCCESSOR:
        pod = kubernetes.pod_with_claim(work.name, image, work.command, env_map, env("WORKSPACE"))
    else:
        pod = kubernetes.pod(work.name, image, work.command, env_map, _mounts(work))
    pod["spec"]["nodeSelector"] = {"kubernetes.io/hostname": work.node}
    container = pod["spec"]["containers"][0]
    container["workingDir"] = work.scripts
    # "request" is the real client's slip of the pen: the API server drops it.
    container["resources"] = {"request": {"cpu": str(work.demand["cpu"]), "memory": str(int(work.demand["memory"]))}}
    service = kubernetes.service(work.name, int(os.environ["WORKER_PORT"]))
    try:
        kubernetes.create("services", service)
        kubernetes.create("pods", pod)
        _wait(work)
    finally:
        for kind in ("pods", "services"):
            kubernetes.delete(kind, work.name)


def _mounts(work: Work) -> list[tuple[str, str, str]]:
    mounts = [("workspace", work.workspace), ("cwd", work.scripts), ("datasets", work.datasets)]
    mounts += [(f"dataset-{index}", path) for index, path in enumerate(work.dataset_paths)]
    return [(name, path, path) for name, path in mounts]


def _wait(work: Work) -> None:
    begun = time.monotonic()
    while True:
        phase = retry.or_exit(f"pod {work.name}", lambda: kubernetes.pod_phase(work.name), http.HttpError)
        if phase == "Succeeded":
            return
        if phase in ("Failed", "Gone"):
            raise TaskError(f"pod {work.name}: {phase}")
        passed = time.monotonic() - begun
        if passed > work.timeout or (phase == "Pending" and passed > env_int("WAIT_WORKER_FINISHED_TIMEOUT")):
            raise TaskError(f"pod {work.name} is {phase} after {passed:.0f} s")
        time.sleep(0.5)


EXECUTORS = {"linux": run_local, "k8s": run_pod}
