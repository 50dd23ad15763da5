# SPDX-License-Identifier: Apache-2.0
"""The figures as texts: a table for people, and a plot. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from figures import Figures, Peers, Verdict

TIMES = ("wall", "cpu")
WIDTH, LABEL, ROW, TOP = 900, 330, 18, 26


def number(value: float) -> str:
    """Three significant digits, no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def goal_rows(found: Sequence[Verdict]) -> list[str]:
    """The goals as rows of a Markdown table."""
    rows = ["| goal | what | by | value | target | |", "| --- | --- | --- | --- | --- | --- |"]
    for one in found:
        goal = one.goal
        target = "" if one.target is None else f"{'≥' if 'at_least' in goal else '≤'} {number(one.target)}"
        shown = "" if one.value is None else number(one.value)
        rows.append(f"| {goal['id']} | {goal['what']} | {goal.get('by', 'cpu')} | {shown} | {target} | {one.word} |")
    return rows


def peer_rows(peers: Peers) -> list[str]:
    """The peers of one bench as rows of a Markdown table; ratios are to the first."""
    rows = ["| peer | wall s | CPU s | wall ÷ first | CPU ÷ first | further figures |", "| --- | --- | --- | --- | --- | --- |"]
    first: Figures = next(iter(peers.values()), {})
    for name, figures in peers.items():
        times = [number(figures[time]) for time in TIMES]
        ratios = [number(figures[time] / first[time]) if first[time] else "" for time in TIMES]
        further = ", ".join(f"{key} {number(one)}" for key, one in figures.items() if key not in TIMES)
        rows.append(f"| {name} | {' | '.join([*times, *ratios])} | {further} |")
    return rows


def markdown(machine: Mapping[str, str], benches: Mapping[str, Peers], found: Sequence[Verdict]) -> str:
    """Everything in one page."""
    lines = ["# Measured", "", *(f"- {name}: {text}" for name, text in machine.items()), ""]
    if found:
        lines += ["## Goals", "", *goal_rows(found), ""]
    for bench, peers in benches.items():
        lines += [f"## {bench}", "", *peer_rows(peers), ""]
    return "\n".join(lines)


def svg(benches: Mapping[str, Peers]) -> str:
    """A bar for the wall time of each peer, a darker one within it for its CPU time; each bench has its own scale."""
    parts: list[str] = []
    y = 0
    for bench, peers in benches.items():
        longest = max([max(figures[time] for time in TIMES) for figures in peers.values()] or [1.0]) or 1.0
        parts.append(f'<text x="8" y="{y + 18}" font-weight="bold">{escape(bench)}</text>')
        y += TOP
        for name, figures in peers.items():
            wall, cpu = ((WIDTH - LABEL - 130) * figures[time] / longest for time in TIMES)
            parts.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect x="{LABEL}" y="{y + 2}" width="{wall:.1f}" height="{ROW - 4}" fill="#9ecae1"/>')
            parts.append(f'<rect x="{LABEL}" y="{y + 6}" width="{cpu:.1f}" height="{ROW - 12}" fill="#08519c"/>')
            text = f"{number(figures['wall'])} s, CPU {number(figures['cpu'])} s"
            parts.append(f'<text x="{LABEL + max(wall, cpu) + 6:.1f}" y="{y + 13}">{text}</text>')
            y += ROW
        y += ROW // 2
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y}" fill="white"/>', *parts, "</svg>", ""])
