# SPDX-License-Identifier: Apache-2.0
"""The node phase, with nothing to do, over a number of hosts that are this machine, each module call 0.3 s late as over a network.

    python bench/ours/nodes.py 50
    python bench/ours/nodes.py 51 --limit node-51

Further figures: `controller`, the CPU seconds without those of the modules, which elsewhere are the hosts' own, and `calls`, the module
calls for each host.
"""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

WORK = Path(os.environ["BENCH_WORK"])
LATENCY = 0.3


def interpreter(times: Path) -> Path:
    """A Python that starts late and notes what it and its children took."""
    path = WORK / "python"
    path.write_text(
        f'#!/bin/sh\nsleep {LATENCY}\n{shlex.quote(sys.executable)} "$@"\ncode=$?\ntimes >>{shlex.quote(str(times))}\nexit $code\n'
    )
    path.chmod(0o755)
    return path


def inventory(count: int, python: Path) -> Path:
    """Hosts that all see the same shared tree; it is somebody else's mount as far as the roles know."""
    settings = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(python),
        "ansible_become": False,
        "nsfl_shared_storage_provider": "external",
        "nsfl_root": str(WORK / "root"),
    }
    path = WORK / "nodes.yml"
    path.write_text(json.dumps({"nsfl_nodes": {"hosts": {f"node-{n + 1}": {} for n in range(count)}, "vars": settings}}))
    return path


def seconds(text: str) -> float:
    """A time as the shell's `times` prints it: 0m0.12s."""
    minutes, _, rest = text.partition("m")
    return int(minutes) * 60 + float(rest.rstrip("s"))


def main(count: int, *more: str) -> int:
    for bucket in ("default", "models", "nsfl-system"):
        (WORK / "root" / bucket).mkdir(parents=True, exist_ok=True)
    times = WORK / "times"
    times.unlink(missing_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["ansible-playbook", "bench/ours/nodes.yml", "-i", str(inventory(count, interpreter(times))), *more]
    done = subprocess.run(command, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Two lines for each call: those of the shell itself, and of its children.
    calls = times.read_text().splitlines() if times.exists() else []
    modules = sum(seconds(word) for line in calls for word in line.split())
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = {"controller": taken - modules, "calls": len(calls) / 2 / (1 if more else count)}
    Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps(figures), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
