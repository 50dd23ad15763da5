# SPDX-License-Identifier: Apache-2.0
"""What runs that were measured come to: medians, ratios, and whether the goals are met. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

SLACK = 0.2
"""By how much a goal may be missed before `make bench` fails: the figures of a busy machine differ by less."""

Figures = dict[str, float]
Peers = Mapping[str, Figures]


def schedule(peers: Sequence[Mapping[str, Any]], rounds: int) -> Iterator[Mapping[str, Any]]:
    """The peers in turn, round after round, so that other work on the machine hits all alike. A dear one takes part in some only."""
    for number in range(rounds):
        yield from (peer for peer in peers if number < peer.get("rounds", rounds))


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure; one that only some of the runs gave is that of those."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run[name] for run in runs if name in run) for name in names}


@dataclass(frozen=True)
class Verdict:
    """One goal against the figures."""

    goal: Mapping[str, Any]
    value: float | None

    @property
    def excess(self) -> float:
        """How far the value is on the wrong side of the target, as a share of it; negative where the goal is met."""
        if self.value is None or self.target is None:
            return -1.0
        if "at_least" in self.goal:
            return self.target / self.value - 1 if self.value > 0 else float("inf")
        if self.target == 0:
            return float("inf") if self.value > 0 else -1.0
        return self.value / self.target - 1

    @property
    def target(self) -> float | None:
        """The number to reach; None where the figure is only reported."""
        found = self.goal.get("at_most", self.goal.get("at_least"))
        return None if found is None else float(found)

    @property
    def word(self) -> str:
        """One word for a table."""
        if self.value is None:
            return "not measured"
        if self.target is None:
            return "reported"
        if self.excess <= 0:
            return "met"
        return "missed" if self.excess > SLACK else "nearly met"


def value(goal: Mapping[str, Any], peers: Peers) -> float | None:
    """The figure of a goal: that of one peer, its ratio to another's, or (with `per`) the difference of both for each of so many."""
    by = goal.get("by", "cpu")
    found = [peers.get(goal[key], {}).get(by) for key in ("of", "to") if key in goal]
    if None in found:
        return None
    first, *second = (float(figure) for figure in found if figure is not None)
    if not second:
        return first
    if "per" in goal:
        return (first - second[0]) / float(goal["per"])
    return first / second[0] if second[0] else None


def verdicts(goals: Sequence[Mapping[str, Any]], benches: Mapping[str, Peers]) -> list[Verdict]:
    """Each goal of the benches that were run."""
    return [Verdict(goal, value(goal, benches[goal["bench"]])) for goal in goals if goal["bench"] in benches]
