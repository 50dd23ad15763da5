# SPDX-License-Identifier: Apache-2.0
"""The node phase, with nothing to do, over a number of hosts that answer as this machine once did, each call 0.3 s late.

    python bench/ours/nodes.py record
    python bench/ours/nodes.py 50
    python bench/ours/nodes.py 51 --limit node-51

What modules take is time of the hosts, which they have all at once elsewhere; here it would be two cores' for all of them. So modules are
run when the answers are recorded, and not again. Further figures: `controller`, the CPU seconds, and `calls`, the module calls for each
host.
"""

from __future__ import annotations

import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

WORK = Path(os.environ["BENCH_WORK"])
LATENCY = 0.3


# The calls that a node gets, each known by a word in what it is asked.
WORDS = {"/dev/fuse": "mounts", "coordinator_configs": "folders"}
STAND_IN = """#!/bin/sh
# In the place of a host's Python: notes the call, and gives the answer that was recorded for it.
set -eu
asked=$(mktemp)
trap 'rm -f "$asked"' EXIT
cat >"$asked"
echo >>{calls}
for pair in {pairs}; do
    if grep -q "${{pair%=*}}" "$asked"; then
        answer={answers}/${{pair#*=}}
        [ -s "$answer" ] || {python} "$@" <"$asked" >"$answer"
        sleep {latency}
        cat "$answer"
        exit
    fi
done
echo "a call that nobody foresaw" >&2
exit 1
"""


def interpreter(calls: Path) -> Path:
    """A host's Python."""
    answers = WORK / "answers"
    answers.mkdir(exist_ok=True)
    pairs = " ".join(f"{word}={name}" for word, name in WORDS.items())
    path = WORK / "python"
    path.write_text(STAND_IN.format(calls=calls, pairs=pairs, answers=answers, python=shlex.quote(sys.executable), latency=LATENCY))
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


def main(count: int, *more: str) -> int:
    for bucket in ("default", "models", "nsfl-system"):
        (WORK / "root" / bucket).mkdir(parents=True, exist_ok=True)
    noted = WORK / "calls"
    noted.write_text("")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["ansible-playbook", "bench/ours/nodes.yml", "-i", str(inventory(count, interpreter(noted))), *more]
    done = subprocess.run(command, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = {"controller": taken, "calls": len(noted.read_text().splitlines()) / (1 if more else count)}
    Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps(figures), encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    if sys.argv[1] == "record":
        shutil.rmtree(WORK / "answers", ignore_errors=True)
        sys.exit(main(1))
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
