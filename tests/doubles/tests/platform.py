# SPDX-License-Identifier: Apache-2.0
"""The whole platform as local processes, right unless a test puts one mistake in."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neursafe_fl import doubles

from .fake_kubernetes import FakeKubernetes
from .machinery import ROOT, Dns, Process, Processes, Proxy, free_port, open_port, wait_until


class Platform:
    def __init__(self, folder: Path, database: dict[str, str], processes: Processes) -> None:
        self.folder = folder
        self.database = database
        self.processes = processes
        self.root = folder / "shared"
        self.namespace = self.root / "default"
        for path in ("shared/default", "shared/models", "shared/coordinator_configs", "selector"):
            (folder / path).mkdir(parents=True)
        self.dns = Dns()
        self.kubernetes = FakeKubernetes(processes)
        self.proxy: Proxy | None = None
        self.proxy_image = ""
        self.ports = {name: free_port() for name in ("scheduler", "selector", "models", "coordinator", "client-1", "client-2")}
        self.scheduler: Process | None = None
        self.clients: dict[str, Process] = {}

    def stop(self) -> None:
        if self.proxy:
            self.proxy.stop()
        self.processes.stop()
        self.kubernetes.stop()
        self.dns.stop()

    def start_server(self, env: dict[str, str | None] | None = None, resolv: str | None = None, **proxy: Any) -> None:
        self.start_selector()
        self.start_proxy(resolv, **proxy)
        self.start_scheduler(env)

    def start_selector(self) -> Process:
        config = self.folder / "selector/client_selector_setup.json"
        config.write_text(json.dumps({"port": self.ports["selector"], "log_level": "info", "auth_client": "false"}))
        selector = self.processes.start("selector", {}, "--config_file", str(config))
        selector.wait_for("Start grpc(s) service success on port")
        return selector

    def start_proxy(self, resolv: str | None = None, **options: Any) -> Proxy:
        resolv = resolv or f"nameserver {self.dns.address}\nsearch default.svc.cluster.local\n"
        self.proxy = Proxy(self.folder, self.proxy_image, f"127.0.0.1:{self.ports['selector']}", resolv, **options)
        return self.proxy.ready()

    def scheduler_env(self) -> dict[str, str]:
        """The pods of the fake cluster have no mounts, so /fl and /workspace are the shared folder itself."""
        proxy = self.proxy.http if self.proxy else 1
        return {
            **self.database,
            "DB_COLLECTION_NAME": "jobs",
            "HTTP_PORT": str(self.ports["scheduler"]),
            "SELECTOR_ADDRESS": f"127.0.0.1:{self.ports['selector']}",
            "K8S_ADDRESS": self.kubernetes.address,
            "PROXY_ADDRESS": f"127.0.0.1:{proxy}",
            "CLOUD_OS": "k8s",
            "COORDINATOR_IMAGE": "none",
            "JOB_SCHEDULER_ADDRESS": f"127.0.0.1:{self.ports['scheduler']}",
            "TEMP_DIR": "coordinator_configs",
            "MODEL_MANAGER_ADDRESS": f"127.0.0.1:{self.ports['models']}",
            "WORKSPACE": str(self.root),
            "SOURCE_MOUNT_PATH": str(self.root),
            "COORDINATOR_WORKSPACE_PATH": str(self.namespace),
            "LOG_LEVEL": "info",
            "TOKEN": "tok",
            "MAX_RETRY_TIMES": "2",
        }

    def start_scheduler(self, changes: dict[str, str | None] | None = None, wait: bool = True) -> Process:
        env = {key: value for key, value in {**self.scheduler_env(), **(changes or {})}.items() if value is not None}
        self.scheduler = self.processes.start("job_scheduler", env)
        if wait:
            wait_until("scheduler", lambda: open_port(self.ports["scheduler"]))
        return self.scheduler

    def client_setup(self, name: str) -> dict[str, Any]:
        """Make the client's tree; its set-up file as a dict."""
        proxy = self.proxy.grpc if self.proxy else 1
        tree = self.folder / name
        for path in ("workspace", "datasets", "config"):
            (tree / path).mkdir(parents=True)
        shutil.copytree(ROOT / "example/task_configs", tree / "task_configs")
        data = tree / "datasets/mnist.npz"
        doubles.make_data(str(data), samples=200, seed=len(self.clients) + 1)
        (tree / "datasets/datasets.json").write_text(json.dumps({"double_mnist": str(data)}))
        port = self.ports[name]
        return {
            "lmdb_path": f"{tree}/lmdb",
            "workspace": f"{tree}/workspace",
            "server": f"127.0.0.1:{proxy}",
            "port": port,
            "runtime": "tensorflow,pytorch",
            "datasets": f"{tree}/datasets/datasets.json",
            "log_level": "info",
            "platform": "linux",
            "task_config_entry": f"{tree}/task_configs",
            "registration": "True",
            "storage_quota": 1024,
            "external_address": f"127.0.0.1:{port}",
        }

    def start_client(
        self,
        name: str = "client-1",
        env: dict[str, str] | None = None,
        edit: Callable[[dict[str, Any]], Any] = dict,
        registered: bool = True,
    ) -> Process:
        setup = self.client_setup(name)
        edit(setup)
        path = self.folder / name / "config/task_manager_setup.json"
        path.write_text(json.dumps(setup))
        client = self.processes.start("client", env, "--config_file", str(path), name=name)
        self.clients[name] = client
        if registered:
            client.wait_for("Register client success.")
        return client

    def cluster_env(self) -> dict[str, str]:
        return {
            **self.database,
            "DB_COLLECTION_NAME": "tasks",
            "K8S_ADDRESS": self.kubernetes.address,
            "PLATFORM": "k8s",
            "CONTAINER_EXECUTOR_IMAGE": "none",
            "WORKER_PORT": "8050",
            "MAX_RETRY_TIMES": "2",
        }

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{self.ports['scheduler']}/api/v1{path}"
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def create_job(self, job_id: str = "job", clients: int = 1, **changes: Any) -> dict[str, Any]:
        job = json.loads((ROOT / "example/job/config.json").read_text())
        job.update(id=job_id, model_path=f"fl-{job_id}/model/mnist.h5", output=f"fl-{job_id}/output", port=self.ports["coordinator"])
        job["hyper_parameters"].update(client_num=clients, threshold_client_num=clients, evaluate_interval=1, save_interval=1)
        job.update(changes)
        job = {key: value for key, value in job.items() if value is not None}
        model = self.namespace / f"fl-{job_id}/model/mnist.h5"
        model.parent.mkdir(parents=True)
        doubles.SoftmaxModel().save(str(model))
        status, answer = self.api("POST", "/namespaces/default/jobs", job)
        assert status == 201, answer
        return job

    def status(self, job_id: str = "job") -> dict[str, Any]:
        return dict(self.api("GET", f"/namespaces/default/jobs/{job_id}")[1]["status"])

    def wait_job(self, *states: str, job_id: str = "job", seconds: float = 60) -> dict[str, Any]:
        try:
            wait_until(f"job {states}", lambda: self.status(job_id)["state"] in states, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.status(job_id)}") from error
        return self.status(job_id)
