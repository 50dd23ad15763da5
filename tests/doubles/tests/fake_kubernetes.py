# SPDX-License-Identifier: Apache-2.0
"""A fake Kubernetes API for these process tests only: a pod is a child process on this machine, without mounts.

The real thing is tried in the lab; here only the calls and their order matter. No RBAC, no scheduling but nodeSelector.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .machinery import Process, Processes

NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


class FakeKubernetes:
    def __init__(self, processes: Processes, node: str = "node-1") -> None:
        self.calls: list[str] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.made: list[dict[str, Any]] = []
        self.namespace = "default"
        self.forbid = ""  # answer 403 to calls of this method
        self._pods: dict[str, Process] = {}
        self._processes = processes
        self._node = node
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: Any, headers: Any) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if method == self.forbid:
            return 403, {"message": "forbidden"}
        if path.startswith("/api/v1/nodes"):
            if "watch=1" in path:
                return 504, {"message": "Too large resource version"}
            status = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"cpu": "2", "memory": "8000000Ki"}}
            metadata = {"name": self._node, "labels": {"kubernetes.io/hostname": self._node}}
            return 200, {"metadata": {"resourceVersion": "1"}, "items": [{"metadata": metadata, "spec": {}, "status": status}]}
        match = re.fullmatch(rf"/api/v1/namespaces/{self.namespace}/(pods|services)(?:/([^/]+))?", path)
        if not match:
            return 404, {"message": path}
        kind, name = match.groups()
        if method == "POST":
            return self._create(kind, body)
        key = f"{kind}/{name}"
        if key not in self.objects:
            return 404, {"message": f"{key} not found"}
        if method == "DELETE":
            process = self._pods.pop(key, None)
            if process:
                process.child.kill()
            return 200, self.objects.pop(key)
        if key in self._pods:
            code = self._pods[key].child.poll()
            self.objects[key]["status"] = {"phase": {None: "Running", 0: "Succeeded"}.get(code, "Failed")}
        return 200, self.objects[key]

    def _create(self, kind: str, body: dict[str, Any]) -> tuple[int, Any]:
        name = body["metadata"]["name"]
        key = f"{kind}/{name}"
        if not NAME.fullmatch(name):
            return 422, {"message": f"{name} is invalid"}
        volumes = body["spec"].get("volumes", [])
        if any(not volume.get("persistentVolumeClaim", {"claimName": "-"})["claimName"] for volume in volumes):
            return 422, {"message": "persistentVolumeClaim.claimName: Required value"}
        if key in self.objects:
            return 409, {"message": f"{key} already exists"}
        body["status"] = {"phase": "Pending"}
        self.objects[key] = body
        self.made.append(body)
        if kind == "pods" and body["spec"].get("nodeSelector", {}).get("kubernetes.io/hostname", self._node) == self._node:
            container = body["spec"]["containers"][0]
            env = {entry["name"]: entry["value"] for entry in container["env"]}
            self._pods[key] = self._processes.run(container["command"], env, f"pod-{name}", container.get("workingDir"))
        return 201, body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Requests(BaseHTTPRequestHandler):
            def reply(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = fake.answer(self.command, self.path, json.loads(raw) if raw else None, self.headers)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, form: str, *args: Any) -> None:
                pass

        for method in ("GET", "POST", "DELETE"):
            setattr(Requests, f"do_{method}", Requests.reply)
        return Requests
