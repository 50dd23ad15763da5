# SPDX-License-Identifier: Apache-2.0
"""F01: server.yml is killed at 20 task boundaries from bare hosts on, and ends where an undisturbed run does.

Makes a lab of its own, named by the environment, and takes it away again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import converged
from killed_runs import BUILDS, bare_hosts, chain, spread, undisturbed_run
from platform_hands import LAB
from steady_state import differences, lasting_state

COUNT = 20
# Between a task that has told a handler what to do, and the handler.
UNHANDLED = "Let the users in from the given networks"


@pytest.fixture(scope="module", autouse=True)
def lab() -> Iterator[None]:
    assert LAB != "nsfl-lab", "name a lab for it (NSFL_LAB_NAME and so on, as the Makefile does): this would take yours away"
    absent = ("-e", "nsfl_lab_state=absent")
    converged("lab", *absent)
    converged("lab")
    yield
    converged("lab", *absent)


def test_f01_killed_at_20_task_boundaries_the_runs_end_where_an_undisturbed_one_does(tmp_path: Path, record_property: Any) -> None:
    undisturbed = undisturbed_run(tmp_path)
    bare_hosts()
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
    assert converged("server", *BUILDS).changed == {}
