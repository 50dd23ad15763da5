# SPDX-License-Identifier: Apache-2.0
"""F01 with every task boundary: ansible-playbook is killed at one after the other, each run going on from what the one before has left.

tests/e2e/test_killed.py has 20 of them. NSFL_FAULTS_BOUNDARIES=60 takes that many, evenly spread.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from conftest import converged
from killed_runs import BUILDS, bare_hosts, chain, keep_secrets, spread, undisturbed_run
from steady_state import differences, lasting_state

COUNT = int(os.environ.get("NSFL_FAULTS_BOUNDARIES", "0"))


def test_f01_killed_at_task_boundaries_the_runs_end_where_an_undisturbed_one_does(tmp_path: Path, record_property: Any) -> None:
    keep_secrets()
    bare_hosts()
    undisturbed = undisturbed_run(tmp_path)
    bare_hosts()
    count = len(undisturbed.boundaries)
    killed = chain(undisturbed.boundaries, spread(undisturbed.boundaries, COUNT or count), tmp_path)
    print("\n".join(killed.boundaries))
    record_property("boundaries", f"{len(killed.boundaries)} of {count}")
    assert killed.last.code == 0, killed.last.output[-6000:]
    # A boundary whose task is left out once the work before is done is passed together with the next one.
    assert len(set(killed.boundaries)) >= (COUNT or count) * 0.8
    assert differences(undisturbed.state, lasting_state()) == {}
    assert converged("server", *BUILDS).changed == {}


def test_f01_a_job_finishes_on_it() -> None:
    converged("client")
    converged("verify")
