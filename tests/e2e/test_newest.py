# SPDX-License-Identifier: Apache-2.0
"""The newest supported ansible-core and Python against the platform that the oldest has converged (tests/matrix.toml)."""

from __future__ import annotations

import pytest
from conftest import ROOT, Run, run_playbook

# In the container; arguments are the same.
NEWEST = (str(ROOT / "tools" / "newest.sh"), "ansible-playbook")


def newest(name: str, *arguments: str) -> Run:
    run = run_playbook(name, *arguments, program=NEWEST)
    assert run.code == 0, run.output[-6000:]
    return run


@pytest.mark.parametrize("playbook", ["server", "client"])
def test_check_mode_sees_what_the_oldest_has_left(playbook: str) -> None:
    assert newest(playbook, "--check", "--diff").changed == {}


@pytest.mark.long
def test_a_federated_job_finishes() -> None:
    assert "FINISHED" in newest("verify").output


def test_a_change_is_foreseen_by_both_alike() -> None:
    setting = ("--check", "-e", "nsfl_log_level=warning")
    assert newest("server", *setting).changed == run_playbook("server", *setting).changed != {}
