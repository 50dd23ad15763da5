# SPDX-License-Identifier: Apache-2.0
"""The model manager: environment, table, API, storage."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .backends import PostgreSQL
from .machinery import Process, Processes, free_port, open_port, wait_until

MODEL = {"name": "m", "runtime": "tensorflow", "model_path": "default:fl/m.h5"}


class Manager:
    def __init__(self, processes: Processes, database: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.database, self.folder, self.processes = database, folder, processes
        for path in ("default/fl", "models"):
            (folder / path).mkdir(parents=True)
        (folder / "default/fl/m.h5").write_bytes(b"model")

    def start(self, **changes: str) -> Process:
        env = {**self.database, "DB_COLLECTION_NAME": "models", "PORT": str(self.port), "WORKSPACE": str(self.folder), **changes}
        return self.processes.start("model_manager", env)

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}", method=method, data=None if body is None else json.dumps(body).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture
def manager(processes: Processes, database: dict[str, str], tmp_path: Path) -> Manager:
    return Manager(processes, database, tmp_path / "shared")


@pytest.mark.parametrize("kind", ["S3", "Posix", "minio"])
def test_storage_type(manager: Manager, kind: str) -> None:
    assert "TypeError" in manager.start(STORAGE_TYPE=kind).ends(1)


def test_wrong_password(manager: Manager) -> None:
    assert "DataBaseError" in manager.start(DB_PASSWORD="wrong").ends(1)


def test_makes_its_table(manager: Manager, postgres: PostgreSQL, database: dict[str, str]) -> None:
    postgres.sql(database["DB_NAME"], "drop table models", "grant create on schema public to fl")
    manager.start().wait_for("Http server start at port")
    assert manager.api("POST", "/namespaces/default/models", MODEL)[0] == 201


def test_may_not_make_its_table(manager: Manager, postgres: PostgreSQL, database: dict[str, str]) -> None:
    postgres.sql(
        database["DB_NAME"],
        "drop table models",
        f"alter database {database['DB_NAME']} owner to admin",
        "revoke create on schema public from public",
    )
    assert "permission denied" in manager.start().ends(1)


def test_posix(manager: Manager) -> None:
    manager.start().wait_for("Http server start at port")
    assert manager.api("GET", "/health") == (200, "OK")
    assert manager.api("GET", "/namespaces/default/models")[0] == 404  # no model yet
    assert manager.api("POST", "/namespaces/default/models", {**MODEL, "model_path": "default:/fl/m.h5"})[0] == 400
    assert manager.api("POST", "/namespaces/default/models", {**MODEL, "model_path": "default:fl/absent.h5"})[0] == 404
    status, body = manager.api("POST", "/namespaces/default/models", MODEL)
    assert status == 201
    assert (manager.folder / "models/default/m/V0/m.h5").read_bytes() == b"model"
    shown = manager.api("GET", f"/models?model_id={body['model_id']}")[1]["model"]
    assert shown["state"] == "ready" and shown["model_path"] == "models/default/m/V0/m.h5"
    assert manager.api("DELETE", "/namespaces/default/models/m?version=V0")[0] == 200
    assert manager.api("GET", f"/models?model_id={body['model_id']}")[0] == 404
    assert not (manager.folder / "models/default/m/V0/m.h5").exists()


def test_upload_that_never_reports(manager: Manager) -> None:
    manager.start(HEARTBEAT_TIMEOUT="1").wait_for("Http server start at port")
    upload = {"name": "m", "runtime": "pytorch", "file_name": "m.pth"}
    model = manager.api("POST", "/namespaces/default/models", upload)[1]["model_id"]
    assert manager.api("GET", f"/models?model_id={model}")[1]["model"]["state"] == "unready"
    wait_until("error", lambda: manager.api("GET", f"/models?model_id={model}")[1]["model"]["state"] == "error")


def test_s3_keys_are_used(manager: Manager, s3: Any) -> None:
    keys = {"STORAGE_TYPE": "s3", "STORAGE_ENDPOINT": s3.endpoint, "ACCESS_KEY": "admin", "SECRET_KEY": "password1"}
    for bucket in ("default", "models"):
        s3.client.create_bucket(Bucket=bucket)
    s3.client.put_object(Bucket="default", Key="fl/m.h5", Body=b"model")
    first = manager.start(**{**keys, "SECRET_KEY": "wrong-one"})
    first.wait_for("Http server start at port")  # nothing is asked of S3 at the start
    status, body = manager.api("POST", "/namespaces/default/models", MODEL)
    assert status == 500 and "SignatureDoesNotMatch" in body["reason"]
    first.child.kill()
    first.child.wait()
    manager.start(**keys)
    wait_until("model manager", lambda: open_port(manager.port))
    assert manager.api("POST", "/namespaces/default/models", MODEL)[0] == 201
    assert s3.client.get_object(Bucket="models", Key="default/m/V0/m.h5")["Body"].read() == b"model"
    assert manager.api("POST", "/namespaces/absent/models", {**MODEL, "model_path": "absent:fl/m.h5"})[0] in (404, 500)
