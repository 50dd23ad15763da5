# SPDX-License-Identifier: Apache-2.0
"""A small local API server for tests: jobs walk through given states, one step each time they are read."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeApi:
    """`walks` gives the states of a job by its id; what is asked of the server is kept in `calls`."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.walks: dict[str, list[tuple[str, int]]] = {}
        self.reasons: dict[str, str] = {}
        self.calls: list[str] = []
        self.refuse: tuple[int, str] | None = None
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                fake.calls.append(f"{self.command} {self.path}")
                code, content = fake.answer(self.command, self.path, body)
                data = json.dumps(content).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        # The names are the base class's.
        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if self.refuse and method == "POST":
            return self.refuse[0], {"state": "FAILED", "reason": self.refuse[1]}
        if path == "/api/v1/health":
            return 200, "OK"
        if path.endswith("/models"):
            return 404, {"state": "FAILED", "reason": "Models not found in namespace"}
        found = re.fullmatch(r"/api/v1/namespaces/([^/]+)/jobs(?:/([^/:]+))?(?::(start|stop))?", path)
        if not found:
            return 404, "404 page not found"
        namespace, job_id, verb = found.groups()
        if method == "POST":
            self.jobs[body["id"]] = {**body, "namespace": namespace, "status": {"state": "QUEUING", "progress": 0, "reason": None}}
            return 201, {"state": "SUCCEEDED"}
        if job_id is None:
            return 200, {"jobs": list(self.jobs.values())}
        if method == "DELETE":
            self.jobs.pop(job_id, None)
            return 200, {"state": "SUCCEEDED"}
        return self.one(method, job_id, verb, body)

    def one(self, method: str, job_id: str, verb: str | None, body: Any) -> tuple[int, Any]:
        if job_id not in self.jobs:
            return 404, {"state": "FAILED", "reason": "Job not exist"}
        job = self.jobs[job_id]
        if verb:
            job["status"] = {"state": "QUEUING" if verb == "start" else "STOPPED", "progress": 0, "reason": None}
        elif method == "PUT":
            job.update(body)
        elif self.walks.get(job_id):
            state, progress = self.walks[job_id].pop(0)
            job["status"] = {"state": state, "progress": progress, "reason": self.reasons.get(state)}
        return 200, job
