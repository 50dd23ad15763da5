# SPDX-License-Identifier: Apache-2.0
"""What `make bench` makes of its figures, and that its data fit together."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
sys.path.insert(0, str(BENCH))

from figures import Verdict, medians, schedule, value, verdicts
from ratio import BenchError, benches, load, shell
from report import markdown, svg

PEERS = {"ours": {"wall": 6.0, "cpu": 3.0, "calls": 4.0}, "by hand": {"wall": 3.0, "cpu": 2.0}}


def test_peers_are_run_in_turn_and_a_dear_one_in_fewer_rounds() -> None:
    peers = [{"name": "a"}, {"name": "dear", "rounds": 1}, {"name": "b"}]
    assert [peer["name"] for peer in schedule(peers, 3)] == ["a", "dear", "b", "a", "b", "a", "b"]


def test_one_slow_run_does_not_move_the_median() -> None:
    assert medians([{"wall": 1.0}, {"wall": 100.0, "calls": 7.0}, {"wall": 2.0}]) == {"wall": 2.0, "calls": 7.0}


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ({"of": "ours", "to": "by hand"}, 1.5),
        ({"of": "ours", "to": "by hand", "by": "wall"}, 2.0),
        ({"of": "ours", "by": "calls"}, 4.0),
        ({"of": "ours", "to": "by hand", "by": "wall", "per": 10}, 0.3),
        ({"of": "ours", "to": "by hand", "by": "calls"}, None),
        ({"of": "ours", "to": "nobody"}, None),
    ],
)
def test_the_figure_of_a_goal(goal: dict[str, Any], expected: float | None) -> None:
    assert value(goal, PEERS) == expected


@pytest.mark.parametrize(
    ("goal", "figure", "word"),
    [
        ({"at_most": 1.0}, 1.0, "met"),
        ({"at_most": 1.0}, 1.19, "nearly met"),
        ({"at_most": 1.0}, 1.21, "missed"),
        ({"at_least": 10}, 10.0, "met"),
        ({"at_least": 10}, 8.5, "nearly met"),
        ({"at_least": 10}, 8.0, "missed"),
        ({"at_most": 0}, 0.0, "met"),
        ({"at_most": 0}, 1.0, "missed"),
        ({}, 5.0, "reported"),
        ({"at_most": 1.0}, None, "not measured"),
    ],
)
def test_a_goal_is_missed_beyond_a_fifth(goal: dict[str, Any], figure: float | None, word: str) -> None:
    assert Verdict(goal, figure).word == word


def test_goals_of_benches_that_were_not_run_are_not_judged() -> None:
    goals = [{"id": "A", "bench": "rerun", "of": "ours"}, {"id": "B", "bench": "images", "of": "ours"}]
    assert [one.goal["id"] for one in verdicts(goals, {"rerun": PEERS})] == ["A"]


def test_table_and_plot_show_each_peer_and_the_verdict() -> None:
    goal = {"id": "P1", "bench": "rerun", "what": "ours ÷ by hand", "of": "ours", "to": "by hand", "at_most": 1.0}
    table = markdown({"cores": "2"}, {"rerun": PEERS}, verdicts([goal], {"rerun": PEERS}))
    assert "| P1 | ours ÷ by hand | cpu | 1.5 | ≤ 1 | missed |" in table
    assert "| by hand | 3 | 2 | 0.5 | 0.667 |  |" in table
    plot = ElementTree.fromstring(svg({"rerun": PEERS}))
    assert {"ours", "by hand"} <= {text.text for text in plot.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize("command", ["echo changed=1 changed=0", "echo nothing", "echo changed=0; exit 3"])
def test_a_run_that_is_not_the_one_to_be_measured_is_no_figure(command: str, tmp_path: Path) -> None:
    env = {**os.environ, "BENCH_FIGURES": str(tmp_path / "figures.json")}
    with pytest.raises(BenchError):
        shell(command, env, tmp_path / "log", "changed=0", "changed=[1-9]")
    assert shell("echo changed=0", env, tmp_path / "log", "changed=0", "changed=[1-9]")["wall"] > 0


def test_every_goal_names_peers_that_its_bench_has() -> None:
    peers = {name: {peer["name"] for peer in bench["peer"]} for name, bench in benches().items()}
    for goal in load(BENCH / "goals.toml")["goal"]:
        assert {goal[key] for key in ("of", "to") if key in goal} <= peers[goal["bench"]], goal["id"]
