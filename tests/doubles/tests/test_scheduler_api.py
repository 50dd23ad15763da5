# SPDX-License-Identifier: Apache-2.0
"""The job scheduler's HTTP API: codes and bodies."""

from __future__ import annotations

from typing import Any

import pytest

from .platform import Platform

JOBS = "/namespaces/default/jobs"
JOB = {"id": "job", "runtime": "tensorflow", "model_path": "m.h5", "task_entry": "t", "output": "out", "port": 50051}


@pytest.fixture
def api(parts: Platform) -> Any:
    # No selector: a created job fails at once and leaves the queue to itself.
    parts.start_scheduler()
    (parts.namespace / "m.h5").write_bytes(b"")
    return parts.api


def test_create_get_list_delete(api: Any) -> None:
    assert api("GET", JOBS) == (200, {"jobs": []})
    assert api("POST", JOBS, JOB) == (201, {"state": "SUCCEEDED"})
    assert api("POST", JOBS, JOB)[0] == 403
    status, shown = api("GET", f"{JOBS}/job")
    assert status == 200 and set(shown) >= {*JOB, "namespace", "create_time", "start_time", "checkpoints", "status"}
    assert set(shown["status"]) == {"state", "reason", "progress"}
    assert api("GET", f"{JOBS}/other")[0] == 404
    assert api("DELETE", f"{JOBS}/job")[0] == 200
    assert api("DELETE", f"{JOBS}/job")[0] == 200
    assert api("GET", f"{JOBS}/job")[0] == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "Upper"},
        {"id": "a" * 101},
        {"id": 5},
        {"runtime": "keras"},
        {"output": None},
        {"task_entry": None},
        {"scripts": {"path": "p"}},
        {"model_path": None},
        {"port": "50051"},
        {"hyper_parameters": []},
    ],
)
def test_invalid(api: Any, changes: dict[str, Any]) -> None:
    status, body = api("POST", JOBS, {**JOB, **changes})
    assert status == 403 and body["state"] == "FAILED" and body["reason"]


def test_model_that_the_scheduler_cannot_see(api: Any) -> None:
    """A bucket that is missing, or mounted after the pod started."""
    status, body = api("POST", JOBS, {**JOB, "model_path": "late/m.h5"})
    assert (status, body) == (403, {"state": "FAILED", "reason": "Model late/m.h5 not existing in namespace default."})
    assert api("POST", "/namespaces/absent/jobs", JOB)[0] == 403


def test_heartbeat(api: Any) -> None:
    for body in ({}, None, {"id": "x", "namespace": "default", "state": "RUNNING", "progress": 1}):
        assert api("PUT", "/heartbeat", body)[0] == 403


def test_stop_without_port(api: Any) -> None:
    job = {key: value for key, value in JOB.items() if key != "port"}
    assert api("POST", JOBS, job)[0] == 201
    assert api("PUT", f"{JOBS}/job:stop") == (500, {"state": "FAILED", "reason": "Server Internal Error."})
