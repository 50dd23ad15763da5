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
  - For tests of what a killed run leaves behind. With NSFL_KILL_AT it ends when the task of that number (from 1) is about to start; with
    NSFL_KILL_INSIDE a moment after a task began that has this in its name. The task's name is written to NSFL_KILL_TOLD.
"""

# By then the module has come to the host and is at work.
INSIDE = 1.5


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_at"

    def __init__(self) -> None:
        super().__init__()
        self._left = int(os.environ.get("NSFL_KILL_AT", "0"))
        self._inside = os.environ.get("NSFL_KILL_INSIDE", "")

    def _start(self, task: Any) -> None:
        self._left -= 1
        name = str(task.get_name())
        if self._left == 0:
            end(name)
        elif self._inside and self._inside in name:
            threading.Timer(INSIDE, end, (name,)).start()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._start(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._start(task)


def end(name: str) -> None:
    Path(os.environ["NSFL_KILL_TOLD"]).write_text(name, encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)
