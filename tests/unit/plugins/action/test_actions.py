# SPDX-License-Identifier: Apache-2.0
"""Actions that do more than run their module: how they answer. The lock and the plan of a whole platform are tried in tests/e2e."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.action import foresee, job, run_lock
from ansible_collections.neursafe.fl.plugins.module_utils._kube import KubeError

CHANGE = {"area": "hosts", "host": "node-1", "change": "write /etc/x", "object": "/etc/x", "details": [], "note": ""}
SERVER = {"playbooks": ["server"], "fail_on_changes": False}


def answer(state: str, *changes: dict[str, Any], problems: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"state": state, "playbooks": ["server"], "changes": list(changes), "tasks": [], "problems": list(problems)}


def test_a_plan_with_changes_fails_when_it_is_asked_to_and_says_that_it_is_an_answer() -> None:
    told = foresee.ended(answer("changes", CHANGE), {**SERVER, "fail_on_changes": True})
    assert told["failed"] and told["neursafe_fl"] == told["msg"]
    assert told["msg"] == "The plan, not an error: server.yml would make 1 change (hosts 1); exit code 2."
    assert "failed" not in foresee.ended(answer("changes", CHANGE), SERVER)


def test_a_plan_without_changes_and_one_that_could_not_be_made() -> None:
    assert foresee.ended(answer("unchanged"), {**SERVER, "fail_on_changes": True})["msg"].startswith("Nothing to do")
    told = foresee.ended(answer("error", problems=("no kubeconfig",)), {})
    assert told["unreachable"] and told["msg"] == "The plan could not be made:\nno kubeconfig"


def test_the_file_of_a_plan_is_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "made" / "plan.json"
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_args: {})
    action = object.__new__(foresee.ActionModule)
    action._task = SimpleNamespace(args={"path": str(path)})
    action._look_ahead = lambda _playbook: ([], [])
    assert action.run()["path"] == str(path)
    assert json.loads(path.read_text(encoding="utf-8"))["state"] == "unchanged"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("status", "cure"), [(404, "name one that is there"), (403, "let the kubeconfig's user get, create")])
def test_a_lock_that_cannot_be_had_names_the_setting_and_the_cure(status: int, cure: str) -> None:
    told = run_lock._refused(KubeError(status, "no"), "fl")
    assert told.startswith("nsfl_lock_namespace: ") and cure in told


class Looks:
    """The module job, then job_info as often as it is asked."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        self.asked.append(module_args)
        state = self.states.pop(0)
        jobs = [{"id": "j", "status": {"state": state}}]
        return {"job_state": state, "progress": 100 if state == "FINISHED" else 40, "jobs": jobs, "pods": []}


def followed(monkeypatch: pytest.MonkeyPatch, looks: Looks, check: bool = False) -> tuple[dict[str, Any], list[str]]:
    shown: list[str] = []
    monkeypatch.setattr(job.display, "display", shown.append)
    action = object.__new__(job.ActionModule)
    action._task = SimpleNamespace(args={"id": "j", "wait": True, "wait_timeout": 5, "config": {"a": 1}}, check_mode=check, async_val=0)
    action._execute_module = looks
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *_args: {})
    return action.run(), shown


def test_a_job_is_followed_to_its_end_and_only_news_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks("STARTING", "RUNNING", "RUNNING", "FINISHED")
    result, shown = followed(monkeypatch, looks)
    assert result["job_state"] == "FINISHED" and [step["state"] for step in result["history"]] == ["STARTING", "RUNNING", "FINISHED"]
    assert len(shown) == 2 and "config" not in looks.asked[1] and json.dumps(looks.asked[1]["wait_for_change"])


def test_a_job_that_failed_is_a_failure_that_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _shown = followed(monkeypatch, Looks("STARTING", "FAILED"))
    assert result["failed"] and "FAILED" in result["msg"]


def test_in_check_mode_nothing_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert followed(monkeypatch, Looks("PENDING"), check=True)[0]["job_state"] == "PENDING"
