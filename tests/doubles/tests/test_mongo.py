# SPDX-License-Identifier: Apache-2.0
"""The same platform on a MongoDB that takes TLS only: who ends at its start, and that jobs finish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .backend_mongo import Mongo
from .machinery import Processes, free_port
from .platform import Platform
from .test_model_manager import MODEL, Manager
from .test_tls import certificates

JOB = {"id": "job", "runtime": "tensorflow", "model_path": "m.h5", "task_entry": "t", "output": "out", "port": 50051}


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongo]:
    pytest.importorskip("pymongo")
    if not Mongo.program():
        pytest.skip("no FerretDB in the cache, and no Go to build it")
    folder = tmp_path_factory.mktemp("mongo")
    certificates(folder, "IP:127.0.0.1,DNS:node-1")
    server = Mongo(folder)
    yield server
    server.stop()


@pytest.fixture
def database(mongo: Mongo) -> Iterator[dict[str, str]]:
    """In place of the PostgreSQL that the other tests' platform has."""
    env = mongo.create_database()
    yield env
    mongo.drop_database(env["DB_NAME"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DB_PASSWORD": "wrong"}, "DataBaseError"),
        ({"DB_USERNAME": "nobody"}, "DataBaseError"),
        ({"DB_NAME": "absent"}, "DataBaseError"),  # the user is looked for in the FL database
        ({"DB_USERNAME": "admin", "DB_PASSWORD": "admin"}, "DataBaseError"),  # a user of the database admin
        ({"DB_ADDRESS": f"127.0.0.1:{free_port()}"}, "DataBaseError"),
        ({"DB_TYPE": "MongoDB"}, "DataBaseError"),
        ({"DB_TYPE": "postgreSQL"}, "DataBaseError"),
        ({"DB_COLLECTION_NAME": "absent"}, "CollectionNotExisting"),
    ],
)
def test_what_ends_the_scheduler(parts: Platform, changes: dict[str, str | None], words: str) -> None:
    assert words in parts.start_scheduler(changes, wait=False).ends(1, seconds=30)


@pytest.mark.parametrize(
    "address",
    [
        "{place}",
        "mongodb://{place}/?tls=false",
        "mongodb://{place}/?tls=true",
        "mongodb://{place}/?tls=true&tlsCAFile={other}",
        "mongodb://{elsewhere}/?tls=true&tlsCAFile={ca}",
    ],
)
def test_a_server_that_the_uri_does_not_know_ends_it(parts: Platform, mongo: Mongo, tmp_path: Path, address: str) -> None:
    """Plain, by an authority of the system's, by another one, and by another name."""
    certificates(tmp_path, "DNS:other")
    elsewhere = mongo.place.replace("127.0.0.1", "localhost")
    known = mongo.address.partition("tlsCAFile=")[2]
    named = address.format(place=mongo.place, elsewhere=elsewhere, ca=known, other=tmp_path / "ca.crt")
    assert "DataBaseError" in parts.start_scheduler({"DB_ADDRESS": named}, wait=False).ends(1, seconds=30)


def test_jobs(parts: Platform) -> None:
    parts.start_scheduler()
    (parts.namespace / "m.h5").write_bytes(b"")
    assert parts.api("POST", "/namespaces/default/jobs", JOB) == (201, {"state": "SUCCEEDED"})
    assert parts.api("POST", "/namespaces/default/jobs", JOB)[0] == 403
    assert [job["id"] for job in parts.api("GET", "/namespaces/default/jobs")[1]["jobs"]] == ["job"]
    assert parts.api("DELETE", "/namespaces/default/jobs/job")[0] == 200
    assert parts.api("GET", "/namespaces/default/jobs/job")[0] == 404


def test_tasks_collection_is_needed_in_a_cluster_only(parts: Platform, mongo: Mongo) -> None:
    mongo.database(parts.database["DB_NAME"]).drop_collection("tasks")
    client = parts.start_client("client-1", parts.cluster_env(), registered=False)
    assert "CollectionNotExisting" in client.ends(1)


def test_the_model_manager_makes_its_collection(mongo: Mongo, processes: Processes, database: dict[str, str], tmp_path: Path) -> None:
    there: Any = mongo.database(database["DB_NAME"])
    there.drop_collection("models")
    manager = Manager(processes, database, tmp_path / "shared")
    manager.start().wait_for("Http server start at port")
    assert manager.api("POST", "/namespaces/default/models", MODEL)[0] == 201
    assert {tuple(index["key"]): index.get("unique") for index in there["models"].list_indexes()}[("id",)]


def test_a_job_finishes(platform: Platform) -> None:
    platform.start_server()
    platform.start_client("client-1", platform.cluster_env(), lambda setup: setup.update(platform="k8s"))
    platform.create_job(clients=1)
    assert platform.wait_job("FINISHED", "FAILED") == {"state": "FINISHED", "reason": None, "progress": 100}
