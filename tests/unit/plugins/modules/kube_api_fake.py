# SPDX-License-Identifier: Apache-2.0
"""A stand-in for a Kubernetes API, with as much of it as kube_plan, release and rollout use."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import KINDS

Object = dict[str, Any]
PLURALS = {"events", *(plural for _version, plural, _namespaced in KINDS.values())}


class Server(ThreadingHTTPServer):
    """Knows whose objects its handlers serve."""

    api: KubeApi


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments: object) -> None:
        return

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        wanted = dict(part.split("=", 1) for part in self.headers.get("Accept", "").split(";") if "=" in part)
        self.server.api.requests.append(f"GET {self.path}" + (f" as {wanted['as']}" if "as" in wanted else ""))
        if url.path.endswith("/log"):
            self.answer(200, self.server.api.logs.get(url.path, "").encode())
        elif url.path in self.server.api.objects:
            self.answer(200, self.server.api.objects[url.path])
        elif url.path.rsplit("/", 1)[-1] in PLURALS:
            found = self.server.api.listed(url.path, parse_qs(url.query).get("labelSelector", [""])[0])
            # An empty list of metadata alone is null.
            self.answer(200, {"items": found or (None if "as" in wanted else [])})
        else:
            self.answer(404, {"message": "not found"})

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = urlsplit(self.path).path
        self.server.api.requests.append(f"PATCH {self.path}")
        status, refusal = self.server.api.refusals.get(path, (200, {}))
        # Whoever forces takes the field, whomever it belonged to.
        if status != 200 and not (status == 409 and "force=true" in self.path):
            self.answer(status, refusal)
        else:
            self.answer(200, {**body, "metadata": {**body["metadata"], "uid": "1", "resourceVersion": "7"}})

    def do_DELETE(self) -> None:
        self.server.api.requests.append(f"DELETE {self.path}")
        found = self.server.api.objects.pop(self.path, None)
        self.answer(200 if found else 404, found or {"message": "not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "metadata" in body:
            self.server.api.objects[f"{self.path}/{body['metadata']['name']}"] = body
            self.answer(201, body)
            return
        attributes = body["spec"]["resourceAttributes"]
        allowed = not self.server.api.denied or (attributes["verb"] != "*" and attributes["resource"] not in self.server.api.denied)
        self.answer(201, {"status": {"allowed": allowed}})

    def answer(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class KubeApi:
    """Objects by path. `refusals` maps a path to the (status, body) of a refused dry run."""

    def __init__(self, folder: Path) -> None:
        self.objects: dict[str, Object] = {"/api/v1/namespaces/default": {"metadata": {"name": "default"}}}
        self.logs: dict[str, str] = {}
        self.refusals: dict[str, tuple[int, Object]] = {}
        self.denied: set[str] = set()
        self.requests: list[str] = []
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "current-context": "here",
                    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server.server_port}"}}],
                    "users": [{"name": "u", "user": {"token": "t"}}],
                }
            )
        )

    def listed(self, collection: str, selector: str) -> list[Object]:
        """Objects of a collection, of one namespace or of all; selected by labels."""
        plural = collection.rsplit("/", 1)[-1]
        wanted = dict(pair.split("=", 1) for pair in selector.split(",") if pair)
        found = []
        for path, item in self.objects.items():
            parent = path.rsplit("/", 1)[0]
            inside = parent == collection or ("/namespaces/" not in collection and parent.endswith(f"/{plural}"))
            if inside and wanted.items() <= item["metadata"].get("labels", {}).items():
                found.append(item)
        return found

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
