# SPDX-License-Identifier: Apache-2.0
"""F01: a chain of runs from bare hosts, each killed at a boundary between two tasks, against the run that nobody disturbed.

A boundary of server.yml is `PLAY / TASK`, the moment before that task. Run n of a chain is killed at its n-th boundary, or at the
first one after it where the work before has been done by then, so each run comes further than the last.
"""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import NamedTuple

from conftest import ROOT, Run, converged, run_playbook
from platform_hands import LAB, STATE
from steady_state import lasting_state

SECRETS = ROOT / "build" / f"undisturbed-{LAB}-secrets"
# A folder for builds that is not that of all labs of this machine, since these runs are killed, and take it away.
BUILDS = ("-e", f"nsfl_images_cache_dir={STATE / 'builds'}")
CALLBACK = {"ANSIBLE_CALLBACK_PLUGINS": f"{ROOT}/tests/faults/callbacks", "ANSIBLE_CALLBACKS_ENABLED": "neursafe.fl.record,kill_at"}


class Undisturbed(NamedTuple):
    """What the run from bare hosts came by, and what it ended in."""

    boundaries: list[str]
    state: dict[str, str]


class Killed(NamedTuple):
    """Where the runs of a chain were killed, and how the last one, which was not, has ended."""

    boundaries: list[str]
    last: Run


def undisturbed_run(tmp: Path) -> Undisturbed:
    """server.yml on bare hosts; its secrets are kept for a chain that comes later."""
    path = tmp / "boundaries"
    converged("server", *BUILDS, env={**CALLBACK, "NSFL_BOUNDARIES": str(path)})
    keep_secrets()
    return Undisturbed(path.read_text(encoding="utf-8").splitlines(), lasting_state())


def keep_secrets() -> None:
    """The passwords, and the authority with the certificates that it has signed."""
    shutil.rmtree(SECRETS, ignore_errors=True)
    shutil.copytree(STATE / ".nsfl-ca", SECRETS / ".nsfl-ca")
    SECRETS.chmod(0o700)
    shutil.copy2(STATE / "secrets.yml", SECRETS)


def bare_hosts() -> None:
    """Everything is taken away, with the data; the secrets come back, so that whatever differs in the end is the fault's."""
    converged("uninstall", "-e", "nsfl_delete_data=true", *BUILDS)
    shutil.copytree(SECRETS, STATE, dirs_exist_ok=True)


def spread(boundaries: list[str], count: int) -> list[int]:
    """That many positions, evenly over the boundaries."""
    return [number * len(boundaries) // count for number in range(count)]


def chain(boundaries: list[str], positions: list[int], tmp: Path) -> Killed:
    """One run for each position, killed there, and one that goes to its end."""
    ends, told, killed = tmp / "ends", tmp / "told", []
    for position in positions:
        ends.write_text("\n".join(boundaries[position:]), encoding="utf-8")
        run = run_playbook("server", *BUILDS, env={**CALLBACK, "NSFL_KILL_BEFORE": str(ends), "NSFL_KILL_TOLD": str(told)})
        if run.code != -signal.SIGKILL:
            return Killed(killed, run)
        killed.append(told.read_text(encoding="utf-8"))
    return Killed(killed, run_playbook("server", *BUILDS))
