# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: record
type: notification
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Write what a run changed, or would change in check mode, to a file, one JSON object a line
description:
  - One line for each task that changed something on a host, that failed, or that tells what a hidden task changes.
  - M(neursafe.fl.foresee) reads it. So may anything else that compares two runs task by task.
  - Results that C(no_log) hides stay hidden. The file has mode 0600 nevertheless.
options:
  path:
    description: The file. Nothing is written when it is not given.
    type: path
    default: ""
    env: [{name: NSFL_RECORD_FILE}]
    ini: [{section: callback_record, key: path}]
requirements:
  - Enabled with C(callbacks_enabled = neursafe.fl.record) in C(ansible.cfg), or with C(ANSIBLE_CALLBACKS_ENABLED).
"""

import json
import os
from pathlib import Path
from typing import Any, TextIO

from ansible.plugins.callback import CallbackBase
from ansible_collections.neursafe.fl.plugins.plugin_utils._recorded import tells, worth_keeping


class CallbackModule(CallbackBase):
    """Keeps what `_recorded` reads."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "neursafe.fl.record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._file: TextIO | None = None
        self._play = ""

    def v2_playbook_on_start(self, playbook: Any) -> None:
        name = str(self.get_option("path") or "")
        if not name:
            self.disabled = True
            return
        path = Path(name)
        path.unlink(missing_ok=True)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", buffering=1)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play.get_name().strip()

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.is_changed():
            self._write("changed", result)
        elif tells(result.task.action, result.result):
            self._write("told", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._write("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

    def _write(self, status: str, result: Any) -> None:
        if self._file is None:
            return
        task = result.task
        kept = [worth_keeping(one) for one in _each(result.result) if status != "changed" or one.get("changed")]
        line = {
            "status": status,
            "play": self._play,
            "role": task._role.get_name(include_role_fqcn=False) if task._role else "",
            "task": task.get_name(include_role_fqcn=False).rsplit(" : ", 1)[-1].strip(),
            "module": task.resolved_action or task.action,
            "host": result.host.get_name(),
            "place": _place(result),
            "results": kept,
        }
        self._file.write(json.dumps(line, default=str) + "\n")


def _each(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of a loop's turns, or the one result."""
    turns = [one for one in result.get("results") or [] if isinstance(one, dict) and "ansible_loop_var" in one]
    return turns or [result]


def _place(result: Any) -> str:
    """The host at which it was really done."""
    delegated = result.task.delegate_to
    return str(delegated) if delegated and "{{" not in str(delegated) else result.host.get_name()
