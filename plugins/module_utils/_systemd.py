# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Units as systemd sees them, read in one call, and why one of them does not run."""

from __future__ import annotations

import os
import subprocess
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs

_PROPERTIES = "Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,ExecMainStartTimestampMonotonic,NeedDaemonReload,ExecStart,Result"


# The options of a module that say how a unit is to be.
WANTED: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
    "enabled": {"type": "bool", "default": True},
    "files": {"type": "list", "elements": "path", "default": []},
}


class UnitError(Exception):
    """A unit is not as wanted; the text says why and how to look further."""


@dataclass(frozen=True)
class Unit:
    """What `systemctl show` tells of one unit."""

    name: str
    found: bool = False
    active: str = "inactive"
    sub: str = "dead"
    enabled: str = ""
    pid: int = 0
    started: int = 0  # microseconds of the monotonic clock
    stale: bool = False  # its file changed after systemd read it
    command: str = ""
    result: str = ""

    @property
    def running(self) -> bool:
        return self.active == "active"


def _command(exec_start: str) -> str:
    """`{ path=/usr/bin/x ; argv[]=/usr/bin/x -f ; ignore_errors=no ; … }` -> `/usr/bin/x -f`"""
    _before, found, rest = exec_start.partition("argv[]=")
    return rest.split(" ; ignore_errors=", 1)[0].strip() if found else ""


def parse_show(text: str, names: t.Sequence[str]) -> dict[str, Unit]:
    """The blocks of `systemctl show`, which come in the order of the names."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    units = {}
    for number, block in enumerate(blocks[: len(names)]):
        name = names[number]
        facts = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        units[name] = Unit(
            name=name,
            found=facts.get("LoadState") == "loaded",
            active=facts.get("ActiveState", "inactive"),
            sub=facts.get("SubState", "dead"),
            enabled=facts.get("UnitFileState", ""),
            pid=int(facts.get("MainPID") or 0),
            started=int(facts.get("ExecMainStartTimestampMonotonic") or 0),
            stale=facts.get("NeedDaemonReload") == "yes",
            command=_command(facts.get("ExecStart", "")),
            result=facts.get("Result", ""),
        )
    return units


def call(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """One program with its output; a hang is an error with a name."""
    environment = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
    try:
        done: subprocess.CompletedProcess[str] = programs.run(arguments, timeout=timeout, env=environment)
        return done
    except FileNotFoundError as error:
        raise UnitError(f"{arguments[0]} is not on this host; it needs systemd") from error
    except subprocess.TimeoutExpired as error:
        raise UnitError(f"`{' '.join(arguments)}` has not ended after {timeout:g} s; look at `systemctl list-jobs`") from error


def show(names: t.Sequence[str]) -> dict[str, Unit]:
    if not names:
        return {}
    found = call("systemctl", "show", "--property", _PROPERTIES, *names)
    if found.returncode != 0:
        raise UnitError(f"systemd does not answer ({found.stderr.strip()}); this host has to run systemd as its init")
    return parse_show(found.stdout, names)


def newer_files(unit: Unit, files: t.Sequence[str], now: float | None = None, monotonic: float | None = None) -> list[str]:
    """Those of `files` that were written after the unit's process started.

    So a restart that a killed run did not get to is made up for by the next. A time in the future is a clock that was
    set back and says nothing.
    """
    now = time.time() if now is None else now
    monotonic = time.monotonic() if monotonic is None else monotonic
    if not unit.started:
        return []
    started = now - (monotonic - unit.started / 1e6)
    return [path for path in files if os.path.exists(path) and started < os.stat(path).st_mtime <= now]


def steps(unit: Unit, state: str, enabled: bool, files: t.Sequence[str], restart: bool = False) -> list[tuple[str, str]]:
    """(systemctl verb, reason) for everything that differs from what is wanted. Pure but for the files' times."""
    found = []
    if enabled != (unit.enabled in ("enabled", "static", "indirect", "alias", "generated")):
        found.append(("enable" if enabled else "disable", "at boot"))
    if state == "stopped":
        return [*found, ("stop", f"it is {unit.active}")] if unit.active not in ("inactive", "failed") else found
    newer = newer_files(unit, files) if unit.running else []
    if not unit.running:
        found.append(("restart", f"it is {unit.active}"))
    elif restart:
        found.append(("restart", "its files changed"))
    elif newer:
        found.append(("restart", f"written since its start: {', '.join(newer)}"))
    elif unit.stale:
        found.append(("restart", "its unit file changed"))
    return found


def running_command(pid: int) -> str:
    """The words with which a process was started; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            return stream.read().rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def journal(name: str, lines: int = 12) -> str:
    """The unit's last words."""
    found = call("journalctl", "--unit", name, "--lines", str(lines), "--no-pager", "--output", "cat", timeout=20)
    return found.stdout.strip() or found.stderr.strip() or "(its journal is empty)"


def explain(unit: Unit) -> str:
    """State, result and last log lines, and where to read on."""
    state = f"{unit.name} is {unit.active} ({unit.sub}{', ' + unit.result if unit.result not in ('', 'success') else ''})"
    indented = "\n".join(f"    {line}" for line in journal(unit.name).splitlines())
    return f"{state}; its last log lines:\n{indented}\n  More: journalctl -u {unit.name}"
