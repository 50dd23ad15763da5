# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.job_summary import FilterModule as SummaryFilter
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS
from ansible_collections.neursafe.fl.plugins.module_utils import _job, _job_files, _job_pods


@pytest.mark.parametrize(
    ("metrics", "losses"),
    [
        ({"rounds": [{"round": 1, "train": {"loss": 2}, "evaluate": {"loss": 1.5}}, {"round": 2, "train": {"loss": 1}}]}, [2.0, 1.0]),
        ({"rounds": [{"train": {"loss": 2}, "evaluate": {"loss": 1.5}}]}, [1.5]),
        ({"2": {"loss": 0.5}, "1": {"loss": 1.0}, "10": {"loss": 0.1}}, [1.0, 0.5, 0.1]),
        ({"loss": [3, 2], "accuracy": [0.1, 0.2]}, [3.0, 2.0]),
        ([{"loss": 3}, {"loss": 2}], [3.0, 2.0]),
        ({"state": "FINISHED"}, []),
        ("nonsense", []),
    ],
)
def test_rounds_reads_the_shapes_that_metrics_come_in(metrics: Any, losses: list[float]) -> None:
    assert _job.rounds(metrics) == losses


def test_summary_is_the_line_that_people_look_for() -> None:
    line = _job.summary("verify-abc", [1.934, 0.41, 0.12], 2)
    assert line == "job verify-abc FINISHED: 3 rounds, loss 1.93 → 0.41 → 0.12, 2 clients"


@pytest.mark.parametrize("job_id", ["a", "verify-1a2b3c", "x" * 27])
def test_good_names_pass(job_id: str) -> None:
    assert _job.name_problems("default", job_id) == []


@pytest.mark.parametrize("job_id", ["", "-a", "a-", "A", "a_b", "a.b", "a/b", "ä", "x" * 28, "a\n"])
def test_bad_names_are_named(job_id: str) -> None:
    assert _job.name_problems("default", job_id)


def test_a_namespace_with_a_leading_digit_makes_no_service_name() -> None:
    assert "starts with a digit" in _job.name_problems("7up", "j")[0]


def test_threshold_above_the_number_of_clients_is_refused() -> None:
    config = {
        "runtime": "pytorch",
        "output": "o",
        "task_entry": "t",
        "model_id": "m",
        "port": 1,
        "hyper_parameters": {"threshold_client_num": 2},
    }
    assert "no round could ever succeed" in _job.config_problems(config)[0]


def test_the_newest_run_counts() -> None:
    names = [f"out/fl_j_output_V{number}/metrics.json" for number in (1, 2, 10)] + ["out/fl_k_output_V99/metrics.json"]
    assert _job_files.latest_output(names, "/out/", "j") == "out/fl_j_output_V10/metrics.json"
    assert _job_files.latest_output([], "out", "j") is None


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("default-j1", True),
        ("train-j1-30090-1-20261124040000-0", True),
        ("evaluate-default-j1-30090-1-20261124040000-0", True),
        ("default-j12", False),
        ("train-j12-30090-1-20261124040000-0", False),
        ("nsfl-proxy-1", False),
    ],
)
def test_pods_of_a_job_are_told_by_name(name: str, mine: bool) -> None:
    assert _job_pods.belongs(name, "default", "j1") is mine


def test_what_a_gone_pod_said_is_kept() -> None:
    first = [{"name": "a", "phase": "Running", "log": ["x"], "events": []}]
    later = [{"name": "a", "phase": "Succeeded", "log": [], "events": ["e"]}, {"name": "b", "phase": "Running", "log": [], "events": []}]
    merged = _job_pods.merge(first, later)
    assert merged[0] == {"name": "a", "phase": "Succeeded", "log": ["x"], "events": ["e"]}
    assert len(_job_pods.merge(merged, [])) == 2


def test_why_a_pod_waits() -> None:
    pulling = {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}
    unplaced = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}
    assert _job_pods.waiting_reason(pulling) == "ImagePullBackOff"
    assert _job_pods.waiting_reason(unplaced) == "Unschedulable"
    assert _job_pods.waiting_reason({}) == ""


def test_summary_counts_the_clients_that_took_part() -> None:
    job_summary = SummaryFilter().filters()["job_summary"]
    result = {"job": {"id": "v"}, "losses": [2.0, 1.0], "metrics": {"rounds": [{"clients": 3}]}}
    assert job_summary(result, 2) == "job v FINISHED: 2 rounds, loss 2.00 → 1.00, 3 clients"
    assert job_summary({"job": {"id": "v"}}, 2).startswith("job v FINISHED: 2 clients")


GOOD = {
    "namespace": "default", "id_prefix": "verify", "api_url": "http://10.0.0.1:30083", "s3_endpoint": "http://10.0.0.1:9000", "clients": 2,
    "threshold": 2, "rounds": 3, "round_timeout": 60, "wait_timeout": 300, "framework": "doubles", "runtime": "tensorflow",
}  # fmt: skip


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"namespace": "Team"}, "nsfl_verify_namespace"),
        ({"id_prefix": "x" * 20}, "shorten it to 27"),
        ({"api_url": "10.0.0.1:30083"}, "nsfl_verify_api_url: '10.0.0.1:30083' is no URL"),
        ({"s3_endpoint": ""}, "nsfl_verify_s3_endpoint"),
        ({"clients": 0}, "nsfl_verify_clients"),
        ({"threshold": 3}, "nsfl_verify_threshold"),
        ({"rounds": 0}, "nsfl_verify_rounds"),
        ({"framework": "pytorch"}, "make them agree"),
    ],
)
def test_settings_of_the_verification_are_checked(other: dict[str, Any], words: str) -> None:
    verification_problems = FILTERS["verification_problems"]
    assert verification_problems(GOOD) == []
    assert any(words in problem for problem in verification_problems({**GOOD, **other}))
