# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the model manager's HTTP API."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import uuid
from typing import Any

from neursafe_fl.python.libs.db import Collection, Document, DuplicateError
from neursafe_fl.python.libs.http import Answer, ApiError
from neursafe_fl.python.libs.settings import env, env_int
from neursafe_fl.python.model_manager.storage import S3, MissingError, Posix

MODELS = re.compile(r"/api/v1/namespaces/([^/]+)/models")
MODEL = re.compile(r"/api/v1/namespaces/([^/]+)/models/([^/]+)")
DONE: Answer = (200, {"state": "SUCCEEDED"})


class Api:
    def __init__(self, collection: Collection, storage: Posix | S3) -> None:
        self._models = collection
        self._storage = storage
        self._reported: dict[str, float] = {}

    def __call__(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if (method, path) == ("GET", "/api/v1/health"):
            return 200, "OK"
        if match := MODELS.fullmatch(path):
            if method == "GET":
                return 200, {"models": self._find({"namespace": match[1]})}
            if method == "POST":
                return self._create(match[1], body)
        if match := MODEL.fullmatch(path):
            version = {"version": query["version"]} if "version" in query else {}
            return self._one(method, {"namespace": match[1], "name": match[2], **version}, body)
        if path == "/api/v1/models" and "model_id" in query:
            return self._one(method, {"id": query["model_id"]}, body)
        raise ApiError(404, f"{method} {path} is not served.")

    def _find(self, match: Document) -> list[Document]:
        found = self._models.find(match)
        if not found:  # also for a namespace without any model
            raise ApiError(404, f"No model found: {match}.")
        return found

    def _one(self, method: str, match: Document, body: Any) -> Answer:
        found = self._find(match)
        if method == "GET":
            return 200, {"models": found, "model": found[-1]}
        for model in found if method == "DELETE" else found[-1:]:
            if method == "DELETE":
                self._storage.delete(model["file"])
                self._models.delete({"id": model["id"]})
            elif method == "PUT":  # an upload's word about itself
                self._reported[model["id"]] = time.monotonic()
                changed = {key: value for key, value in (body or {}).items() if key in ("state", "description")}
                self._models.replace({"id": model["id"]}, {**model, **changed})
            else:
                raise ApiError(404, f"{method} is not served.")
        return DONE

    def _create(self, namespace: str, body: Any) -> Answer:
        """With model_path "ns:path" the file is copied; else the caller uploads it and reports with PUT."""
        if not isinstance(body, dict) or not body.get("name") or body.get("runtime") not in ("tensorflow", "pytorch"):
            raise ApiError(400, "name and runtime (tensorflow or pytorch) are required.")
        source = body.get("model_path")
        if source and (source.count(":") != 1 or ":/" in source):
            raise ApiError(400, "model_path must be namespace:path without a leading slash.")
        file = os.path.basename((source or body.get("file_name") or "").split(":")[-1])
        if not file:
            raise ApiError(400, "model_path or file_name is required.")
        known = self._models.find({"namespace": namespace, "name": body["name"]})
        version = body.get("version") or f"V{len(known)}"
        target = f"{namespace}/{body['name']}/{version}/{file}"
        model = {
            "id": uuid.uuid4().hex,
            "namespace": namespace,
            "name": body["name"],
            "version": version,
            "file": target,
            "runtime": body["runtime"],
            "description": body.get("description", ""),
            "state": "unready",
            "model_path": f"{env('MODELS_DIR')}/{target}",
            "start_time": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        if source:
            self._copy(source, target)
            model["state"] = "ready"
        try:
            self._models.insert(model)
        except DuplicateError as error:
            raise ApiError(503, str(error)) from error
        if not source:
            self._reported[model["id"]] = time.monotonic()
            threading.Thread(target=self._watch_upload, args=(model["id"],), daemon=True).start()
        return 201, {"state": "SUCCEEDED", "model_id": model["id"], "storage_path": model["model_path"]}

    def _copy(self, source: str, target: str) -> None:
        namespace, path = source.split(":")
        try:
            self._storage.copy(namespace, path, target)
        except MissingError as error:
            raise ApiError(404, str(error)) from error
        except Exception as error:
            logging.exception("copy of %s:%s", namespace, path)
            raise ApiError(500, f"storage: {error}") from error

    def _watch_upload(self, model_id: str) -> None:
        while True:
            time.sleep(1)
            found = self._models.find({"id": model_id})
            if not found or found[0]["state"] != "unready":
                return
            if time.monotonic() - self._reported[model_id] > env_int("HEARTBEAT_TIMEOUT"):
                self._models.replace({"id": model_id}, {**found[0], "state": "error"})
                return
