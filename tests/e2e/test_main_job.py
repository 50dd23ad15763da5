# SPDX-License-Identifier: Apache-2.0
"""The main job, in the order in which an operator does it: server, clients, proof, and each of them again.

Needs the bare lab of test_lab.py.
"""

from __future__ import annotations

import json
import re

import pytest
import yaml
from conftest import converged, printed, run_playbook
from platform_hands import STATE, kubectl
from undisturbed import undisturbed


@pytest.fixture(scope="module")
def foreseen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str, str]]]:
    """What the plan of bare hosts says that each playbook will change, by host, role and task."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    run = run_playbook("plan", "-e", f"nsfl_plan_file={path}")
    assert run.code == 2, run.output[-6000:]
    tasks = json.loads(path.read_text(encoding="utf-8"))["tasks"]
    return {name: [(one["host"], one["role"], one["task"]) for one in tasks if one["playbook"] == name] for name in ("server", "client")}


def test_check_mode_works_on_bare_hosts(foreseen: dict[str, list[tuple[str, str, str]]]) -> None:
    assert foreseen["server"] and foreseen["client"]


def test_check_mode_has_changed_nothing() -> None:
    assert not (STATE / "secrets.yml").exists() or "database_password" not in yaml.safe_load((STATE / "secrets.yml").read_text())


def test_the_server_side_converges_by_just_the_changes_that_were_foreseen(foreseen: dict[str, list[tuple[str, str, str]]]) -> None:
    assert sorted(converged("server").changed_tasks) == sorted(foreseen["server"])


def test_the_server_side_again_changes_nothing() -> None:
    with undisturbed():
        assert converged("server").changed == {}


def test_both_clients_converge_and_register_by_just_the_changes_that_were_foreseen(foreseen: dict[str, list[tuple[str, str, str]]]) -> None:
    assert sorted(converged("client").changed_tasks) == sorted(foreseen["client"])


def test_the_clients_again_change_nothing() -> None:
    with undisturbed():
        assert converged("client").changed == {}


def test_check_mode_on_the_running_platform_predicts_nothing() -> None:
    with undisturbed():
        run = converged("plan")
    assert "Nothing to do: server.yml and client.yml would change nothing." in run.output


def test_a_federated_job_finishes_and_its_loss_falls() -> None:
    with undisturbed():
        run = converged("verify")
    result = re.search(r"job verify-\S+ FINISHED: (\d+) rounds, loss ([\d.]+(?: → [\d.]+)+), 2 clients", run.output)
    assert result, run.output[-3000:]
    losses = [float(loss) for loss in result.group(2).split(" → ")]
    assert len(losses) == int(result.group(1)) == 3
    assert losses == sorted(losses, reverse=True)


def test_an_edited_deployment_is_told_of_and_mended_when_that_is_asked() -> None:
    kubectl("set", "env", "deployment/nsfl-job-scheduler", "LOG_LEVEL=fatal")
    refused = run_playbook("server")
    assert refused.code != 0
    assert refused.changed == {}
    assert "Deployment default/nsfl-job-scheduler: changed by somebody else" in refused.output
    assert "(by kubectl-set)" in refused.output
    assert converged("server", "-e", "nsfl_server_force_conflicts=true").changed
    assert converged("server").changed == {}


def test_no_secret_was_printed() -> None:
    output = printed().read_text(encoding="utf-8")
    secrets = yaml.safe_load((STATE / "secrets.yml").read_text(encoding="utf-8"))
    assert [name for name, value in secrets.items() if value in output] == []


def test_uncertain_names_are_refused_before_anything_is_done() -> None:
    run = run_playbook("server", "-e", "nsfl_rot=/mnt/elsewhere")
    assert run.code != 0
    assert "nsfl_rot: no role knows a setting of this name; write nsfl_root" in run.output
    assert run.changed == {}
