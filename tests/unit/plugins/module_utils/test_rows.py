# SPDX-License-Identifier: Apache-2.0
"""Rows as lines, and what a restore does with them."""

from __future__ import annotations

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _rows
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import DatabaseError
from ansible_collections.neursafe.fl.plugins.module_utils._rows_service import refuse_other_data

# A value with what Python also takes for the end of a line.
ROWS = {
    ("jobs", "1"): {"id": "a", "namespace": "default", "status": {"state": "FINISHED"}, "text": "ü\u2028\n\r\x85"},
    ("models", "7"): None,
}


def job(state: object) -> dict[str, object]:
    return {"id": "a", "namespace": "default", "status": state}


def test_rows_come_back_as_they_were() -> None:
    assert _rows.from_text(_rows.to_text(ROWS)) == ROWS
    assert _rows.counts(ROWS, ["jobs", "models", "tasks"]) == {"jobs": 1, "models": 1, "tasks": 0}


@pytest.mark.parametrize("text", ["no json", '{"table": "jobs"}', "[]"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(_rows.NotABackupError, match="line 1 is no row of a backup"):
        _rows.from_text(text)


@pytest.mark.parametrize("state", ["QUEUING", "STARTING", "PENDING", "RUNNING", "STOPPING", "DELETING", "of a later release"])
def test_a_job_is_at_work_unless_it_is_known_to_rest(state: str) -> None:
    assert _rows.jobs_at_work({("jobs", "1"): job({"state": state})}) == [f"default/a {state}"]


def test_a_job_that_rests_and_a_model_are_not_at_work() -> None:
    rows = {("jobs", str(number)): job({"state": state}) for number, state in enumerate(_rows.RESTING)}
    assert _rows.jobs_at_work({**rows, ("models", "1"): job({"state": "unready"})}) == []


def test_equal_rows_are_left_alone() -> None:
    steps = _rows.difference(ROWS, dict(ROWS))
    assert not steps
    assert steps.foreign == []


def test_missing_rows_are_written_and_nothing_is_foreign() -> None:
    steps = _rows.difference(ROWS, {("models", "7"): None})
    assert list(steps.write) == [("jobs", "1")]
    assert steps.foreign == []
    refuse_other_data(steps, False, "fl")


def test_rows_of_somebody_else_go_only_when_that_is_said() -> None:
    steps = _rows.difference(ROWS, {("jobs", "1"): {"id": "b"}, ("jobs", "2"): {}})
    assert steps.delete == [("jobs", "2")]
    assert steps.foreign == ["jobs 1", "jobs 2"]
    with pytest.raises(DatabaseError, match="fl has 2 rows that are not those of the backup"):
        refuse_other_data(steps, False, "fl")
    refuse_other_data(steps, True, "fl")
