# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: A table of the phases of a run, with their times
description:
  - After the recap it prints one row for each play, in the order in which they ran, with the elapsed time in seconds, the
    number of tasks that were run and of those that changed something, and the hosts on which the phase failed.
  - The last line is what the run was for, where a role has said it by M(ansible.builtin.set_stats) under the name C(neursafe_fl).
requirements:
  - Enabled with C(callbacks_enabled = neursafe.fl.progress) in C(ansible.cfg).
"""

import time
from dataclasses import dataclass, field
from typing import Any

from ansible.plugins.callback import CallbackBase


@dataclass
class Phase:
    """What is counted for one play."""

    name: str
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    run: int = 0
    changed: int = 0
    failed: set[str] = field(default_factory=set)


def table(phases: list[Phase]) -> list[str]:
    """The phases that did something as lines of a table, with their sum as the last line."""
    shown = [phase for phase in phases if phase.run or phase.failed or phase.seconds >= 0.1]
    width = max([len(phase.name) for phase in shown] + [len("phase")])
    lines = [f"{'phase':<{width}}  seconds  tasks  changed"]
    for phase in shown:
        note = f"  failed on {', '.join(sorted(phase.failed))}" if phase.failed else ""
        lines.append(f"{phase.name:<{width}}  {phase.seconds:7.1f}  {phase.run:5d}  {phase.changed:7d}{note}")
    total = sum(phase.seconds for phase in shown)
    lines.append(f"{'all':<{width}}  {total:7.1f}  {sum(p.run for p in shown):5d}  {sum(p.changed for p in shown):7d}")
    return lines


class CallbackModule(CallbackBase):
    """Counts per play what the other callbacks print per task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "neursafe.fl.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.phases: list[Phase] = []

    def _close(self) -> None:
        if self.phases:
            self.phases[-1].seconds = time.monotonic() - self.phases[-1].started

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._close()
        self.phases.append(Phase(play.get_name().strip()))

    def v2_runner_on_ok(self, result: Any) -> None:
        self.phases[-1].run += 1
        self.phases[-1].changed += int(result.is_changed())

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self.phases[-1].run += 1
        if not ignore_errors:
            self.phases[-1].failed.add(str(result._host.get_name()))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self.phases[-1].failed.add(str(result._host.get_name()))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._close()
        self._display.display("")
        outcome = stats.custom.get("_run", {}).get("neursafe_fl")
        for line in [*table(self.phases), *([outcome] if outcome else [])]:
            self._display.display(line)
