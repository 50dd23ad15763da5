# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback `progress` shows: the phases of a run, how long each took the last time, and what to do next."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole

# What comes after a playbook that has gone well, for the reader of its last line.
NEXT = {
    "backup": "keep a copy of its folder on another machine, with the inventory",
    "client": "playbooks/verify.yml runs a federated job on them",
    "images": "playbooks/server.yml brings them to the platform",
    "lab": "playbooks/server.yml with -i inventories/lab provisions the platform on it",
    "migrate": "read the file of variables, then playbooks/preflight.yml with its inventory",
    "preflight": "playbooks/server.yml with the same inventory",
    "restore": "playbooks/client.yml connects clients; playbooks/verify.yml runs a federated job",
    "rotate": "encrypt the file of secrets again where it was; older backups hold secrets that are dead, so make a new one",
    "server": "playbooks/client.yml connects clients; playbooks/verify.yml runs a federated job",
    "upgrade": "playbooks/client.yml brings the clients to the same images",
}


_FIGURES = "  seconds  tasks  changed"
_NARROWEST = 12
_MINUTES = 120  # seconds from which on a time is told in minutes


@dataclass
class Phase:
    """One play: what it is called, where it runs, and what is counted."""

    name: str
    hosts: tuple[str, ...] = ()
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    run: int = 0
    changed: int = 0
    failed: set[str] = field(default_factory=set)
    task: str = ""
    done: set[str] = field(default_factory=set)  # hosts that are through with the task
    said: list[str] = field(default_factory=list)  # to the person who runs it

    @property
    def shown(self) -> bool:
        return bool(self.run or self.failed) or self.seconds >= 0.1


def recap(hosts: dict[str, dict[str, int]]) -> list[str]:
    """The line of each host as Ansible's own callbacks write it, which other tools read; nothing when there was no host."""
    width = max(map(len, hosts), default=0)
    # It counts `failures` and writes `failed`.
    names = {"ok": "ok", "changed": "changed", "unreachable": "unreachable", "failures": "failed", "skipped": "skipped"}
    names |= {"rescued": "rescued", "ignored": "ignored"}
    lines = [f"{host:<{width}} : " + "  ".join(f"{name}={hosts[host][key]}" for key, name in names.items()) for host in sorted(hosts)]
    return [*lines, ""] if lines else []


def table(phases: list[Phase], columns: int = 0) -> list[str]:
    """The phases that did something as lines of a table, with their sum as the last line.

    Names are cut where a line would not fit into `columns`, and where a phase failed goes on a line of its own.
    """
    shown = [phase for phase in phases if phase.shown]
    width = max([len(phase.name) for phase in shown] + [len("phase")])
    if columns:
        width = min(width, max(_NARROWEST, columns - len(_FIGURES) - 1))
    lines = [f"{'phase':<{width}}{_FIGURES}"]
    for phase in shown:
        lines.append(f"{cut(phase.name, width):<{width}}  {phase.seconds:7.1f}  {phase.run:5d}  {phase.changed:7d}")
        note = f"  failed on {', '.join(sorted(phase.failed))}" if phase.failed else ""
        if columns and len(lines[-1]) + len(note) >= columns:
            lines.append(note)
        else:
            lines[-1] += note
    total = sum(phase.seconds for phase in shown)
    lines.append(f"{'all':<{width}}  {total:7.1f}  {sum(p.run for p in shown):5d}  {sum(p.changed for p in shown):7d}")
    return lines


def messages(result: Mapping[str, Any]) -> list[str]:
    """What a debug task says, each turn of a loop and each line of a list on its own. Variables that it shows are none of it."""
    if "results" in result:
        return [text for one in result["results"] for text in messages(one)]
    said = result.get("msg", [])
    return [str(text) for text in (said if isinstance(said, list) else [said])] if "censored" not in result else []


def cut(text: str, width: int) -> str:
    """As much of a text as there is room for."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def clock(seconds: float) -> str:
    """A time as people say it."""
    return f"{seconds:.0f} s" if seconds < _MINUTES else f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


def live_line(phase: Phase, elapsed: float, expected: float | None, inside: str, width: int) -> str:
    """What is going on, in one line of at most `width` characters: what, where, how far, since when, until about when."""
    count = len(phase.hosts)
    where = phase.hosts[0] if count == 1 else f"{len(phase.done)} of {count} hosts"
    since = clock(elapsed) if expected is None else f"{clock(elapsed)} of about {clock(expected)}"
    if expected is not None and max(elapsed, expected) < _MINUTES:
        since = f"{elapsed:.0f} of about {expected:.0f} s"
    # A cell less than there are: after the last one some terminals go on to the next line.
    return cut(f"{phase.name}: {where}, {since}: {inside or phase.task}", width - 1)


def end_line(phase: Phase) -> str:
    """One phase that is over."""
    outcome = f"failed on {', '.join(sorted(phase.failed))}" if phase.failed else f"{phase.changed} changed"
    return f"{phase.name}: {f'{phase.seconds:.1f} s' if phase.seconds < _MINUTES else clock(phase.seconds)}, {outcome}"


def what_next(playbook: str, failed: bool, changed: int, log: str) -> str:
    """The last advice of a run."""
    if failed:
        state = "it goes on from what is there" if changed else "nothing was changed yet"
        return f"Next: mend what is told above and run the same command again; {state}. Everything is in {log}."
    return f"Next: {NEXT[playbook]}." if playbook in NEXT else ""


def expected_seconds(path: Path, playbook: str) -> dict[str, float]:
    """How long each phase took in the last run that went well; nothing when that is not known."""
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[playbook]
        return {str(name): float(seconds) for name, seconds in known.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def remember(path: Path, playbook: str, phases: list[Phase]) -> None:
    """Keep the times for the next run. A file that cannot be written is no reason for a run to fail."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    known = known if isinstance(known, dict) else {}
    known[playbook] = {phase.name: round(phase.seconds, 1) for phase in phases}
    try:
        write_whole(path, json.dumps(known, indent=1).encode(), 0o600)
    except OSError:
        return
