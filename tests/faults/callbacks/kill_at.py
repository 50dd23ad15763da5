# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills its own ansible-playbook, as a lost controller would end, when the task NSFL_KILL_AT (from 1) is about to start."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: kill_at
type: aggregate
short_description: A run that is killed at a task boundary
description: For tests of what a killed run leaves behind. Writes the name of the task that was not started to NSFL_KILL_TOLD.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_at"

    def __init__(self) -> None:
        super().__init__()
        self._left = int(os.environ.get("NSFL_KILL_AT", "0"))

    def _start(self, task: Any) -> None:
        self._left -= 1
        if self._left == 0:
            Path(os.environ["NSFL_KILL_TOLD"]).write_text(task.get_name(), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._start(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._start(task)
