# SPDX-License-Identifier: Apache-2.0
"""F01: ansible-playbook is killed at boundary after boundary between tasks, each run going on from what the one before has left.

From bare hosts to the platform in one chain: run n is killed at its n-th multiple of STEP, so each comes further than the last, and the
one that is killed no more has to end in the state of a run that nobody disturbed.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

from conftest import ROOT, converged, run_playbook
from platform_hands import STATE
from steady_state import differences, lasting_state

STEP = int(os.environ.get("NSFL_FAULTS_STEP", "7"))


def killed_at(boundary: int, told: Path) -> int:
    """The exit code of a run that is killed when its task of that number is about to start."""
    told.unlink(missing_ok=True)
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": f"{ROOT}/tests/faults/callbacks",
        "ANSIBLE_CALLBACKS_ENABLED": "kill_at",
        "NSFL_KILL_AT": str(boundary),
        "NSFL_KILL_TOLD": str(told),
    }
    return run_playbook("server", env=environment).code


def test_f01_killed_at_task_boundaries_the_runs_end_where_an_undisturbed_one_does(tmp_path: Path, record_property: Any) -> None:
    for playbook in ("server", "client"):
        converged(playbook)
    undisturbed = lasting_state()
    secrets = tmp_path / "secrets.yml"
    shutil.copy2(STATE / "secrets.yml", secrets)
    converged("lab", "-e", "nsfl_lab_state=absent")
    # The same passwords, so that whatever differs in the end is the fault's.
    STATE.mkdir(parents=True, exist_ok=True)
    shutil.copy2(secrets, STATE / "secrets.yml")
    converged("lab")

    told, boundaries = tmp_path / "task", []
    for boundary in range(STEP, 10_000, STEP):
        code = killed_at(boundary, told)
        if code != -signal.SIGKILL:
            break
        boundaries.append(f"{boundary}: {told.read_text(encoding='utf-8')}")
    print("\n".join(boundaries))
    record_property("boundaries", len(boundaries))
    assert code == 0
    assert len(boundaries) >= 15
    assert converged("server").changed == {}
    converged("client")
    assert differences(undisturbed, lasting_state()) == {}


def test_f01_a_job_finishes_on_it() -> None:
    converged("verify")
