# SPDX-License-Identifier: Apache-2.0
"""Settings that cannot work, given to the playbooks on a running platform.

Each run has several mistakes, which belong to different roles and hosts, and must tell of all of them, with setting, cause and
fix, end with an error, and leave everything as it was.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from bad_settings import RUNS, SCRATCH, WRONG_SECRETS
from conftest import ROOT, Run, run_playbook
from platform_state import changes, platform_state


@dataclass(frozen=True)
class Refusal:
    """How a run with mistakes ended."""

    run: Run
    problems: str
    changes: dict[str, list[str]]


@cache
def refusal(name: str) -> Refusal:
    """Run the playbook with these mistakes, once for all tests about them."""
    mistakes = RUNS[name]
    before = platform_state()
    with mistakes.around():
        run = run_playbook(mistakes.playbook, "-e", json.dumps(mistakes.settings))
    return Refusal(run, report(run), changes(before, platform_state()))


def report(run: Run) -> str:
    """The problems that the last task lists, one a line."""
    found = re.findall(r"^fatal: \[localhost\]: FAILED! => (\{.*Nothing was changed\..*\})$", run.output, re.MULTILINE)
    return str(json.loads(found[-1])["msg"]) if found else run.output[-3000:]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, mistakes in RUNS.items() for text in mistakes.told])
def test_setting_cause_and_fix_are_told(name: str, text: str) -> None:
    assert text in refusal(name).problems


@pytest.mark.parametrize("name", RUNS)
def test_the_run_ends_with_an_error_and_without_a_change(name: str) -> None:
    assert refusal(name).run.code != 0
    assert refusal(name).run.changed == {}
    assert refusal(name).changes == {}


@pytest.mark.parametrize("name", RUNS)
def test_no_wrong_secret_is_shown(name: str) -> None:
    assert [secret for secret in WRONG_SECRETS if secret in refusal(name).run.output] == []


def test_nothing_is_left_behind() -> None:
    assert list(Path(SCRATCH).iterdir()) == []


def as_text() -> dict[str, str]:
    """Every number and boolean among the roles' defaults, as `-e name=value` and groups of an ini inventory give it."""
    found = {}
    for path in ROOT.glob("roles/*/defaults/main.yml"):
        if path.parts[-3] != "nsfl_lab":
            defaults = yaml.safe_load(path.read_text(encoding="utf-8"))
            found.update({name: str(value) for name, value in defaults.items() if isinstance(value, int)})
    return found


def test_numbers_and_booleans_in_quotes_mean_what_they_say() -> None:
    run = run_playbook("server", "--check", "-e", json.dumps(as_text()))
    assert run.code == 0, run.output[-3000:]
    assert run.changed == {}
