# SPDX-License-Identifier: Apache-2.0
"""A callback that counts what a run of a playbook consists of, and writes it to the file BENCH_FIGURES.

`tasks` are results, one for each task and host; `skipped` is the share of them that were skipped; `calls` are module calls (where a
loop makes several, each), `node_calls` those on the node that has most of them.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: budget
type: aggregate
short_description: counts tasks and module calls
description: See above.
"""
# These run on the controller, inside of Ansible.
NO_MODULE = {"set_fact", "debug", "assert", "fail", "meta", "include_tasks", "include_role", "include_vars", "import_tasks", "import_role"}


class CallbackModule(CallbackBase):
    """Counts, and shows nothing."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "budget"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.run = self.skipped = 0
        self.calls: Counter[str] = Counter()

    def _count(self, result: Any) -> None:
        self.run += 1
        task = result._task
        if task.action.rpartition(".")[2] not in NO_MODULE and not task.loop:
            self._call(result)

    def _call(self, result: Any) -> None:
        if "calls" in result._result:  # neursafe.fl.preflight, which makes several, on its own host
            self.calls[result._host.get_name()] += result._result["calls"]
            return
        place = result._result.get("_ansible_delegated_vars", {}).get("ansible_delegated_host") or result._host.get_name()
        self.calls[place] += 1

    def v2_runner_on_ok(self, result: Any) -> None:
        self._count(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._count(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        if result._task.action.rpartition(".")[2] not in NO_MODULE:
            self._call(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self.skipped += 1

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the figures down."""
        nodes = [count for host, count in self.calls.items() if host.startswith("node-")]
        figures = {
            "tasks": self.run + self.skipped,
            "skipped": self.skipped / max(1, self.run + self.skipped),
            "calls": sum(self.calls.values()),
            "node_calls": max(nodes, default=0),
        }
        Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps(figures))
