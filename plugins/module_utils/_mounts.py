# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What is mounted where, and does it answer.

The mount table (never stat, which blocks on a hung mount) says what is mounted; whether it works is asked by a child
process that can be killed.
"""

from __future__ import annotations

import concurrent.futures
import os
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs

# A stat of the mount point, and of known names, is answered from a cache even when the store is gone (s3fs 1.90, tried).
# A name that was never asked for has to be looked up; that it does not exist is the good answer.
_PROBE = """
import os, sys, time
path = sys.argv[1]
try:
    os.stat(f"{path}/.nsfl-probe-{os.getpid()}-{time.time_ns()}")
except FileNotFoundError:
    os.stat(path)
"""


NOTHING_MOUNTED = "nothing is mounted there"
"""The one trouble of `unmounted` that says for certain that there is nothing to see."""


@dataclass(frozen=True)
class Mount:
    """One line of /proc/self/mountinfo."""

    point: str
    fstype: str
    source: str
    shared: bool


def _unescape(text: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def parse_mountinfo(text: str) -> list[Mount]:
    """The mounts in the order in which they were made: a later one hides an earlier one at the same point."""
    mounts = []
    for line in text.splitlines():
        left, separator, right = line.partition(" - ")
        fields, tail = left.split(" "), right.split(" ")
        if separator and len(fields) >= 6 and len(tail) >= 2:
            mounts.append(Mount(_unescape(fields[4]), tail[0], _unescape(tail[1]), any(f.startswith("shared:") for f in fields[6:])))
    return mounts


def read_mounts() -> list[Mount]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
        return parse_mountinfo(stream.read())


def mount_at(mounts: t.Sequence[Mount], point: str) -> Mount | None:
    """What is on top at exactly this mount point."""
    found = [mount for mount in mounts if mount.point == point]
    return found[-1] if found else None


def mount_over(mounts: t.Sequence[Mount], path: str) -> Mount | None:
    """The mount that `path` lies on."""
    while True:
        found = mount_at(mounts, path)
        parent = os.path.dirname(path)
        # A path that is not absolute has no root to end at; whoever gave it is told elsewhere.
        if found is not None or parent == path:
            return found
        path = parent


def probe(path: str, timeout: float, script: str = _PROBE) -> str:
    """Empty when `path` answers a read within `timeout` seconds, else what is wrong with it."""
    # Not waited for after the kill: a request that the FUSE process has taken ends only with its answer, even for a killed child.
    child = programs.start([sys.executable, "-I", "-c", script, path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _out, errors = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        return f"does not answer within {timeout:g} s"
    if child.returncode == 0:
        return ""
    if child.returncode < 0:
        return f"the probe was ended by signal {-child.returncode}"
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return re.sub(r"^\w+: (\[Errno \d+\] )?|: '.*$", "", lines[-1]) if lines else f"the probe ended with {child.returncode}"


def probes(points: t.Iterable[str], timeout: float) -> dict[str, str]:
    """What is wrong with each; all are asked side by side, so that several hung ones cost one time limit."""
    wanted = sorted(set(points))
    with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
        asked = {point: pool.submit(probe, point, timeout) for point in wanted}
        return {point: answer.result() for point, answer in asked.items()}


def unmounted(paths: t.Sequence[str], timeout: float) -> dict[str, str]:
    """Those of `paths` that are not mounted, or mounted and dead, each with what is wrong."""
    mounts = read_mounts()
    wrong = {}
    for path in paths:
        if mount_at(mounts, os.path.normpath(path)) is None:
            wrong[path] = NOTHING_MOUNTED
        else:
            trouble = probe(path, timeout)
            if trouble:
                wrong[path] = trouble
    return wrong
