# SPDX-License-Identifier: Apache-2.0
"""Phases as lines and tables, and how long they took the last time."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.plugin_utils._progress import (
    Phase,
    clock,
    expected_seconds,
    live_line,
    remember,
    table,
    what_next,
)


def test_phases_are_listed_in_order_with_their_sum() -> None:
    phases = [Phase("Database", seconds=2.0, run=3, changed=1), Phase("Empty"), Phase("Nodes", seconds=1.5, run=4, failed={"b", "a"})]
    assert table(phases) == [
        "phase     seconds  tasks  changed",
        "Database      2.0      3        1",
        "Nodes         1.5      4        0  failed on a, b",
        "all           3.5      7        1",
    ]


def test_a_table_fits_the_terminal() -> None:
    phases = [Phase("Components of the platform", seconds=2.0, run=3, changed=1), Phase("Nodes", seconds=1.5, run=4, failed={"node-1"})]
    assert table(phases, 45) == [
        "phase                seconds  tasks  changed",
        "Components of the …      2.0      3        1",
        "Nodes                    1.5      4        0",
        "  failed on node-1",
        "all                      3.5      7        1",
    ]
    assert all(len(line) < 45 for line in table(phases, 45)) and table(phases, 200) == table(phases)


def test_long_times_are_told_in_minutes() -> None:
    assert [clock(seconds) for seconds in (0.4, 119.4, 120, 754.2)] == ["0 s", "119 s", "2 min 00 s", "12 min 34 s"]
    assert live_line(Phase("Images", hosts=("a",)), 61, 1234, "x", 80) == "Images: a, 61 s of about 20 min 34 s: x"


def test_the_live_line_says_what_where_how_far_and_how_long() -> None:
    phase = Phase("Images", hosts=("a", "b", "c"), task="Build", done={"a"})
    assert live_line(phase, 12.3, None, "", 80) == "Images: 1 of 3 hosts, 12 s: Build"
    assert live_line(phase, 12.3, 98.2, "nsfl-base: build …", 80) == "Images: 1 of 3 hosts, 12 of about 98 s: nsfl-base: build …"
    assert live_line(Phase("Images", hosts=("localhost",)), 1, None, "x" * 99, 30) == "Images: localhost, 1 s: xxxx…"


@pytest.mark.parametrize("content", ["", "[1]", '{"server": 3}', '{"server": {"Images": "soon"}}'])
def test_a_file_of_times_that_is_of_no_use_is_no_reason_to_fail(tmp_path: Path, content: str) -> None:
    path = tmp_path / "seconds.json"
    path.write_text(content, encoding="utf-8")
    assert expected_seconds(path, "server") == {}
    remember(path, "server", [Phase("Images", seconds=3.14)])
    assert expected_seconds(path, "server") == {"Images": 3.1}


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(tmp_path / "file" / "seconds.json", "server", [])


def test_the_last_line_says_what_to_do_next() -> None:
    assert "verify.yml" in what_next("client", False, 3, "x.log") and what_next("plan", False, 0, "x.log") == ""
    assert "nothing was changed yet. Everything is in x.log" in what_next("server", True, 0, "x.log")
