# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills its own ansible-playbook, as a lost controller would end, at a task boundary or inside a task."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: kill_at
type: aggregate
short_description: A run that is killed at a task
description:
  - For tests of what a killed run leaves behind. A boundary is C(PLAY / TASK), before that task. With NSFL_BOUNDARIES each one that
    the run comes to is written to that file, once.
  - With NSFL_KILL_BEFORE, a file of boundaries, the run ends at the first of them; with NSFL_KILL_INSIDE a moment after a task began
    that has this in its name. The boundary is written to NSFL_KILL_TOLD.
"""

# By then the module has come to the host and is at work.
INSIDE = 1.5


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_at"

    def __init__(self) -> None:
        super().__init__()
        self._play = ""
        self._met: set[str] = set()
        ends = os.environ.get("NSFL_KILL_BEFORE", "")
        self._ends = frozenset(Path(ends).read_text(encoding="utf-8").splitlines()) if ends else frozenset()
        self._inside = os.environ.get("NSFL_KILL_INSIDE", "")
        self._noted = os.environ.get("NSFL_BOUNDARIES", "")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = str(play.get_name())

    def _start(self, task: Any) -> None:
        boundary = f"{self._play} / {task.get_name()}".replace("\n", " ")
        if boundary in self._ends:
            end(boundary)
        if self._noted and boundary not in self._met:
            with open(self._noted, "a", encoding="utf-8") as file:
                file.write(f"{boundary}\n")
        self._met.add(boundary)
        if self._inside and self._inside in boundary:
            threading.Timer(INSIDE, end, (boundary,)).start()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._start(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._start(task)


def end(boundary: str) -> None:
    Path(os.environ["NSFL_KILL_TOLD"]).write_text(boundary, encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)
