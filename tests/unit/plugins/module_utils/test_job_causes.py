# SPDX-License-Identifier: Apache-2.0
"""Each symptom that was seen on the platform leads to the mistake that caused it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._job_causes import Sight, causes, explain

RAN = [{"state": "STARTING", "seconds": 1.0}, {"state": "RUNNING", "seconds": 5.0}]
PENDING_EXECUTOR = {"name": "train-j-30090-1-20261124040000-0", "phase": "Pending", "reason": "Unschedulable", "events": [], "log": []}


@pytest.mark.parametrize(
    ("sight", "words"),
    [
        (Sight(state="FAILED", reason="Server Internal Error."), "could not set the job up"),
        (Sight(state="FAILED", progress=100, seconds=4), "registered an address that is not its own"),
        (Sight(state="FAILED", progress=100, seconds=40, pods=[{"log": ["connect to 0.0.0.0:22000 failed"]}]), "0.0.0.0"),
        (Sight(state="RUNNING", timed_out=True, history=RAN, pods=[PENDING_EXECUTOR]), "node selector names no node"),
        (
            Sight(state="FAILED", progress=100, seconds=60, history=RAN, pods=[{"log": ["reply failed: HTTP 500"]}]),
            "cannot resolve the coordinator",
        ),
        (
            Sight(state="FAILED", progress=100, seconds=60, history=RAN, pods=[{"log": ["status: 502, module not found"]}]),
            "proxy does not know the job's route",
        ),
        (Sight(state="FAILED", progress=100, seconds=60, history=RAN), "no round reached its threshold"),
        (Sight(state="FAILED", pods=[{"log": ["No enough resource for task"]}]), "no free core or memory"),
        (Sight(state="STARTING", timed_out=True), "register the job's route"),
        (Sight(state="QUEUING", timed_out=True), "another job keeps the scheduler busy"),
        (Sight(state="PENDING", timed_out=True, reason="Not enough registered clients."), "too few clients"),
        (Sight(state="FAILED", reason="Not enough registered clients."), "too few clients"),
        (Sight(state="RUNNING", timed_out=True, history=RAN), "longer than it was waited for"),
        (Sight(state="STARTING", timed_out=True, pods=[{"reason": "ImagePullBackOff"}]), "image cannot be pulled"),
        (Sight(state="STARTING", timed_out=True, error="HTTP 502: Bad Gateway", pods=[{"log": ["HTTP 401"]}]), "their TOKEN differs"),
        (Sight(error="HTTP 403: Model fl-x/model/m.h5 not existing in namespace default"), "does not see the initial model"),
        (Sight(error="POST http://x: no answer: timed out"), "API server does not answer"),
        (Sight(state="ABSENT", history=RAN), "deleted the job"),
        (Sight(state="STOPPED"), "not known"),
    ],
)
def test_the_first_cause_fits_the_symptom(sight: Sight, words: str) -> None:
    first = causes(sight)[0]
    assert words in first["cause"] or words in first["fix"]
    assert first["fix"]


def test_the_message_has_where_why_and_the_evidence() -> None:
    pod: dict[str, Any] = {"name": "default-j", "node": "node-1", "phase": "Running", "events": ["BackOff: x"], "log": ["line 1", "line 2"]}
    text = explain(
        "default", "j", Sight(state="PENDING", timed_out=True, seconds=60, history=RAN, pods=[pod], reason="Not enough registered clients.")
    )
    for words in (
        "did not finish in 60 s, last state PENDING",
        "probable cause: too few clients",
        "fix: ",
        "STARTING (1 s) → RUNNING (5 s)",
        "event: BackOff",
        "log: line 2",
    ):
        assert words in text
