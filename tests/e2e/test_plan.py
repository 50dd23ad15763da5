# SPDX-License-Identifier: Apache-2.0
"""A plan of the running platform names what somebody has changed by hand; the next run mends it; the plan after that is empty.

Needs the platform of test_main_job.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import converged, run_playbook
from platform_hands import STATE, items, kubectl, on_host, policies, psql
from undisturbed import undisturbed

UNIT = "/etc/systemd/system/nsfl-s3fs@.service"
EVERYTHING = {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}


def widen_the_policy() -> None:
    policy = json.loads(policies().policy_info("nsfl"))
    policies().policy_add("nsfl", policy={**policy, "Statement": [*policy["Statement"], EVERYTHING]})


class Drift(NamedTuple):
    """What is done by hand, what the plan says of it, and what is true again after the next run."""

    by_hand: Callable[[], Any]
    area: str
    change: str
    mended: Callable[[], bool]


DRIFTS = {
    "F29 an edited Deployment": Drift(
        lambda: kubectl("set", "env", "deployment/nsfl-model-manager", "LOG_LEVEL=fatal"),
        "manifests",
        "update Deployment default/nsfl-model-manager",
        lambda: "fatal" not in json.dumps(items("deployments", "nsfl-model-manager")),
    ),
    "a changed mount option": Drift(
        lambda: on_host("node-1", f"sed -i s/umask=0027/umask=0000/ {UNIT}; systemctl daemon-reload; systemctl restart nsfl-s3fs@models"),
        "mounts",
        "mount models",
        lambda: "umask=0027" in on_host("node-1", "tr '\\0' ' ' < /proc/$(systemctl show -P MainPID nsfl-s3fs@models)/cmdline"),
    ),
    "a dropped index": Drift(
        lambda: psql("drop index jobs_data_gin"),
        "tables",
        "create index jobs_data_gin on jobs",
        lambda: "jobs_data_gin" in psql("select indexname from pg_indexes"),
    ),
    "a widened policy": Drift(
        widen_the_policy,
        "buckets",
        "rewrite policy nsfl (without Allow s3:* on *)",
        lambda: "s3:*" not in policies().policy_info("nsfl"),
    ),
}


class Plan(NamedTuple):
    code: int
    output: str
    answer: dict[str, Any]


def plan(folder: Path, *arguments: str) -> Plan:
    path = folder / "plan.json"
    path.unlink(missing_ok=True)
    run = run_playbook("plan", "-e", f"nsfl_plan_file={path}", "-e", '{"nsfl_plan_playbooks": ["server"]}', *arguments)
    assert path.stat().st_mode & 0o777 == 0o600
    return Plan(run.code, run.output, json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of a platform on which all of it was changed."""
    for drift in DRIFTS.values():
        drift.by_hand()
    return plan(tmp_path_factory.mktemp("plan"))


@pytest.mark.parametrize("name", DRIFTS)
def test_what_was_changed_by_hand_is_in_the_plan(name: str, drifted: Plan) -> None:
    drift = DRIFTS[name]
    assert (drifted.code, drifted.answer["state"]) == (2, "changes"), drifted.output[-3000:]
    (change,) = [one for one in drifted.answer["changes"] if one["area"] == drift.area and one["change"].startswith(drift.change)]
    assert change["change"] in drifted.output
    assert not drift.mended()


def test_the_plan_says_who_has_edited_an_object(drifted: Plan) -> None:
    (change,) = [one for one in drifted.answer["changes"] if one["area"] == "manifests"]
    assert "(by kubectl-set); a run overwrites it with -e nsfl_server_force_conflicts=true only" in change["note"]
    assert [line.split() for line in change["details"]] == [["-", "value:", "fatal"], ["+", "value:", "info"]]


def test_the_plan_is_a_table(drifted: Plan) -> None:
    header = next(line for line in drifted.output.splitlines() if line.startswith("area "))
    assert header.split() == ["area", "where", "change"]
    assert "The plan, not an error: server.yml would make" in drifted.output


def test_the_plan_holds_no_secret(drifted: Plan) -> None:
    secrets = (STATE / "secrets.yml").read_text(encoding="utf-8")
    values = [line.split(": ", 1)[1].strip("'\"") for line in secrets.splitlines() if ": " in line]
    assert [value for value in values if value in drifted.output + json.dumps(drifted.answer)] == []


def test_the_next_run_changes_just_that_and_the_plan_is_empty_again(drifted: Plan, tmp_path: Path) -> None:
    run = converged("server", "-e", "nsfl_server_force_conflicts=true")
    assert sorted(run.changed_tasks) == sorted((task["host"], task["role"], task["task"]) for task in drifted.answer["tasks"])
    assert [name for name, drift in DRIFTS.items() if not drift.mended()] == []
    after = plan(tmp_path)
    assert (after.code, after.answer["state"], after.answer["changes"]) == (0, "unchanged", []), after.output[-3000:]
    assert "Nothing to do: server.yml would change nothing." in after.output


def test_a_plan_that_cannot_be_made_is_no_plan_with_changes(tmp_path: Path) -> None:
    wrong = plan(tmp_path, "-e", "nsfl_rot=/mnt/elsewhere")
    assert (wrong.code, wrong.answer["state"], wrong.answer["changes"]) == (4, "error", [])
    assert "nsfl_rot: no role knows a setting of this name; write nsfl_root" in "\n".join(wrong.answer["problems"])
    assert "The plan could not be made" in wrong.output


def test_files_that_are_as_wanted_are_not_written_again(tmp_path: Path) -> None:
    rendered = ("render", "-e", "nsfl_type=server", "-e", f"nsfl_output_dir={tmp_path / 'rendered'}")
    migrated = ("migrate", "-e", "nsfl_type=server", "-e", "nsfl_config_file=tests/unit/configs/server-2022.json")
    for command in (rendered, (*migrated, "-e", f"nsfl_variables_file={tmp_path / 'server.yml'}")):
        assert converged(*command).changed and converged(*command).changed == {}, command[0]


def test_the_lab_of_a_running_platform_is_left_alone() -> None:
    with undisturbed():
        assert converged("lab").changed == {}
