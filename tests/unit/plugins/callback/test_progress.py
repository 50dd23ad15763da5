# SPDX-License-Identifier: Apache-2.0
"""The table of phases."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.neursafe.fl.plugins.callback.progress import CallbackModule, Phase, table


def test_phases_are_listed_in_order_with_their_sum() -> None:
    phases = [Phase("Database", seconds=2.0, run=3, changed=1), Phase("Empty"), Phase("Nodes", seconds=1.5, run=4, failed={"b", "a"})]
    assert table(phases) == [
        "phase     seconds  tasks  changed",
        "Database      2.0      3        1",
        "Nodes         1.5      4        0  failed on a, b",
        "all           3.5      7        1",
    ]


@pytest.mark.parametrize("custom", [{}, {"_run": {"neursafe_fl": "job j FINISHED"}}])
def test_the_outcome_is_the_last_line(monkeypatch: pytest.MonkeyPatch, custom: dict[str, dict[str, str]]) -> None:
    callback = CallbackModule()
    shown: list[str] = []
    monkeypatch.setattr(callback, "_display", SimpleNamespace(display=shown.append))
    callback.v2_playbook_on_stats(SimpleNamespace(custom=custom))
    assert (shown[-1] == "job j FINISHED") is bool(custom)
