# SPDX-License-Identifier: Apache-2.0
"""Documents of a database of MongoDB's kind, out and back in; PostgreSQL's rows are those of tests/e2e/test_leave.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import bson
import pymongo
import pytest
from ansible_collections.neursafe.fl.plugins.modules import database_rows, mongodb_schema
from module_call import answer_of
from mongod_fake import Mongod

Call = Callable[..., dict[str, Any]]
JOB = {"id": "a", "namespace": "default", "status": {"state": "FINISHED"}, "made": datetime(2026, 1, 1), "size": bson.Int64(3)}
LOGIN: dict[str, Any] = {"username": "nsfl", "password": "canary-1", "authSource": "fl", "directConnection": True}


@pytest.fixture
def mongod(capsys: pytest.CaptureFixture[str]) -> Iterator[Mongod]:
    server = Mongod()
    schema = {
        "login_host": server.address,
        "login_user": "boss",
        "login_password": "canary-0",
        "first_user": True,
        "database": "fl",
        "users": [{"name": "nsfl", "password": "canary-1"}],
        "collections": [{"name": "jobs"}, {"name": "models"}],
    }
    answer_of(mongodb_schema, capsys, schema)
    yield server
    server.stop()


@pytest.fixture
def jobs(mongod: Mongod) -> Iterator[Any]:
    with pymongo.MongoClient(mongod.address, **LOGIN) as client:
        client["fl"]["jobs"].insert_one({"_id": bson.ObjectId("0" * 24), **JOB})
        yield client["fl"]["jobs"]


@pytest.fixture
def call(mongod: Mongod, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(**changes: Any) -> dict[str, Any]:
        login = {"type": "mongo", "login_host": mongod.address, "login_user": "nsfl", "login_password": "canary-1", "database": "fl"}
        return answer_of(database_rows, capsys, {**login, "tables": ["jobs", "models", "tasks"], **changes})

    return run


def test_documents_come_back_as_they_were(call: Call, jobs: Any) -> None:
    before = list(jobs.find({}))
    saved = call()
    assert (saved["changed"], saved["counts"], saved["at_work"]) == (False, {"jobs": 1, "models": 0, "tasks": 0}, [])
    jobs.delete_many({})
    assert call(state="restored", content=saved["content"], _ansible_check_mode=True)["changed"]
    assert list(jobs.find({})) == []
    assert call(state="restored", content=saved["content"])["changed"]
    after = list(jobs.find({}))
    assert after == before
    assert isinstance(after[0]["size"], bson.Int64)
    assert not call(state="restored", content=saved["content"])["changed"]


def test_jobs_at_work_are_told(call: Call, jobs: Any) -> None:
    jobs.insert_one({"id": "b", "namespace": "x", "status": {"state": "RUNNING"}})
    assert call()["at_work"] == ["x/b RUNNING"]


def test_other_documents_are_refused_unless_they_may_go(call: Call, jobs: Any) -> None:
    content = call()["content"]
    jobs.insert_one({"id": "theirs"})
    refused = call(state="restored", content=content)
    assert refused["failed"] and refused["other_data"]
    assert "fl has 1 rows that are not those of the backup" in refused["msg"]
    assert call(state="restored", content=content, overwrite=True)["changed"]
    assert [job["id"] for job in jobs.find({})] == ["a"]


def test_text_that_is_no_backup_is_told(call: Call, jobs: Any) -> None:
    assert "line 1 is no row of a backup" in call(state="restored", content="rows")["msg"]
