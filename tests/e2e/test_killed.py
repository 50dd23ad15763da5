# SPDX-License-Identifier: Apache-2.0
"""F01: server.yml is killed at 20 task boundaries from bare hosts on, and ends where the undisturbed run of test_main_job.py did.

Takes the platform away and brings it back, clients too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conftest import converged
from killed_runs import bare_hosts, chain, noted, spread
from steady_state import differences, lasting_state

COUNT = 20
# Between a task that has told a handler what to do, and the handler.
UNHANDLED = "Let the users in from the given networks"


def test_f01_killed_at_20_task_boundaries_the_runs_end_where_an_undisturbed_one_does(tmp_path: Path, record_property: Any) -> None:
    undisturbed = noted()
    bare_hosts(tmp_path)
    (unhandled,) = [number for number, boundary in enumerate(undisturbed.boundaries) if boundary.endswith(UNHANDLED)]
    positions = sorted({unhandled, *spread(undisturbed.boundaries, COUNT)})
    killed = chain(undisturbed.boundaries, positions, tmp_path)
    print("\n".join(killed.boundaries))
    record_property("boundaries", len(undisturbed.boundaries))
    assert killed.last.code == 0, killed.last.output[-6000:]
    assert len(killed.boundaries) == len(positions)
    # In the preflight each host goes at its own pace, so two runs may come to the same boundary first.
    later = [boundary for boundary in killed.boundaries if not boundary.startswith("Check every layer")]
    assert len(later) == len(set(later)) > COUNT / 2
    # Not one long run after others that did nothing: what the last one still changes is little.
    assert killed.last.changed
    assert differences(undisturbed.state, lasting_state()) == {}
    assert converged("server").changed == {}


def test_its_clients_come_back() -> None:
    converged("client")
