# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""A word in a small file: written into folders, waited for in folders, or taken away, with a bound on each."""

from __future__ import annotations

import subprocess
import sys
import time

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs

# In a process of its own, because a read of a mount that hangs never returns.
_ACT = """
import os, sys, time
action, path, word = sys.argv[1:]
place = os.path.join(path, ".nsfl-verify-" + word)
if action == "write":
    with open(place, "w") as stream:
        stream.write(word)
        os.fsync(stream.fileno())
elif action == "remove":
    try:
        os.unlink(place)
    except FileNotFoundError:
        pass
else:
    while True:
        try:
            with open(place) as stream:
                if stream.read() == word:
                    break
        except FileNotFoundError:
            pass
        time.sleep(0.2)
"""


def act(action: str, paths: list[str], word: str, timeout: int) -> tuple[dict[str, float], list[str]]:
    """All folders side by side: how long each took, and what is wrong with those that did not make it."""
    began = time.monotonic()
    children = {
        path: programs.start([sys.executable, "-I", "-c", _ACT, action, path, word], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for path in paths
    }
    seconds: dict[str, float] = {}
    problems = []
    for path, child in children.items():
        try:
            _out, errors = child.communicate(timeout=max(0.1, began + timeout - time.monotonic()))
        except subprocess.TimeoutExpired:
            # Not waited for after the kill: a request that the FUSE process has taken ends only with its answer.
            child.kill()
            what = "what another host wrote is not seen" if action == "read" else "the mount does not answer"
            problems.append(f"{path}: {what} within {timeout} s; look at its mount on this host (`findmnt {path}`) and on the writing one")
            continue
        if child.returncode != 0:
            last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
            problems.append(f"{path}: cannot {action}: {''.join(last)}")
        seconds[path] = round(time.monotonic() - began, 3)
    return seconds, problems
