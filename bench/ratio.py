# SPDX-License-Identifier: Apache-2.0
"""Measures ours beside its peers, in turn (A, B, C, A, B, C, …), and compares the ratios with the goals.

    python bench/ratio.py                # every bench of benches/ that needs no special preparation
    python bench/ratio.py images rerun   # these
    python bench/ratio.py --rounds 3 rerun

Writes build/bench/NAME.json for each bench, and table.md and plot.svg of this run. Ends with 1 when a peer fails, or when a goal is
missed by more than a fifth.

A peer is a shell command in the root of the checkout. Its environment has BENCH_WORK, a folder of the bench, and BENCH_FIGURES, a file to
which it may write further figures as JSON. CPU seconds are those of the command and its children; what a daemon does for it shows in the
wall time only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from figures import Figures, medians, schedule, verdicts
from machine import machine
from report import markdown, number, svg

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
OUT = ROOT / "build" / "bench"
SHOWN_LINES = 30


class BenchError(Exception):
    """A command of a bench has not done what it is measured for."""


def load(path: Path) -> dict[str, Any]:
    """A file of data."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def benches() -> dict[str, dict[str, Any]]:
    """Each is a file in benches/, by its name.

    about              what is compared
    rounds             how often each peer is run, 5 unless said; a dear peer may take part in fewer
    special            true for a bench that is only run when it is asked for by name
    service            a program that runs as long as the bench
    prepare, cleanup   commands before the first and after the last peer
    peer               those who are compared, run in turn, in this order; ratios in the table are to the first
        name
        command          what is measured
        before           what is not, each time before it
        expect, refuse   regular expressions: output without the one, or with the other, is not that of the run that was to be measured
    """
    return {path.stem: load(path) for path in sorted((BENCH / "benches").glob("*.toml"))}


def shell(command: str, env: Mapping[str, str], log: Path, expect: str = "", refuse: str = "") -> Figures:
    """Run a command; return its wall and CPU seconds, and the figures that it has written. What it prints must have one, not the other."""
    extra = Path(env["BENCH_FIGURES"])
    extra.unlink(missing_ok=True)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=env, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    output = done.stdout.decode(errors="replace")
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"\n$ {command}\n{output}exit {done.returncode} after {wall:.2f} s\n")
    reason = f"exit {done.returncode}" if done.returncode else ""
    if refuse and (spoilt := re.search(refuse, output)):
        reason = f"found {spoilt[0]!r}"
    elif not re.search(expect, output):
        reason = reason or f"{expect!r} is not found"
    if reason:
        shown = "\n".join(output.splitlines()[-SHOWN_LINES:])
        raise BenchError(f"{command}: {reason}; see {log}\n{shown}")
    figures = {"wall": wall, "cpu": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime}
    return figures | (json.loads(extra.read_text()) if extra.exists() else {})


@contextmanager
def service(command: str, env: Mapping[str, str], log: Path) -> Iterator[dict[str, str]]:
    """A program that runs as long as the bench does; what it prints up to an empty line are settings, as NAME=VALUE."""
    if not command:
        yield {}
        return
    with (
        log.open("a", encoding="utf-8") as stream,
        subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=stream, text=True) as running,
    ):
        try:
            assert running.stdout
            lines = iter(running.stdout.readline, "\n")
            settings = {name: value for name, _, value in (line.strip().partition("=") for line in lines if _alive(line))}
            yield settings
        finally:
            running.terminate()


def _alive(line: str) -> bool:
    if not line:
        raise BenchError("the service of the bench has ended before it was ready")
    return True


def measure(name: str, bench: Mapping[str, Any], rounds: int | None) -> dict[str, Figures]:
    """Run all peers of a bench; return the medians of each."""
    log, work = OUT / f"{name}.log", OUT / "work" / name
    log.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    env = {
        **os.environ,
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "ANSIBLE_FORCE_COLOR": "0",
        "NSFL_PROGRESS_STYLE": "plain",
        "BENCH_WORK": str(work),
        "BENCH_FIGURES": str(work / "figures.json"),
    }
    peers = bench["peer"]
    runs: dict[str, list[Figures]] = {peer["name"]: [] for peer in peers}
    with service(bench.get("service", ""), env, log) as settings:
        env |= settings
        try:
            for command in bench.get("prepare", []):
                shell(command, env, log)
            for peer in schedule(peers, rounds or bench.get("rounds", 5)):
                if "before" in peer:
                    shell(peer["before"], env, log)
                runs[peer["name"]].append(shell(peer["command"], env, log, peer.get("expect", ""), peer.get("refuse", "")))
                print(f"    {peer['name']}: {', '.join(f'{k} {number(v)}' for k, v in runs[peer['name']][-1].items())}", flush=True)
        finally:
            for command in bench.get("cleanup", []):
                shell(command, env, log)
    found = {peer: medians(figures) for peer, figures in runs.items()}
    (OUT / f"{name}.json").write_text(json.dumps({"machine": machine(), "medians": found, "runs": runs}, indent=2) + "\n")
    return found


def main() -> int:
    """Run what the command line asks for."""
    known = benches()
    parser = argparse.ArgumentParser(description="Measure ours beside its peers.")
    parser.add_argument("bench", nargs="*", help=f"one of {', '.join(known)}; without any, all that take no special preparation")
    parser.add_argument("--rounds", type=int, help="how often each peer is run")
    given = parser.parse_args()
    if unknown := set(given.bench) - set(known):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    OUT.mkdir(parents=True, exist_ok=True)
    here, found, failures = machine(), {}, 0
    for name in given.bench or [name for name, bench in known.items() if not bench.get("special")]:
        print(f"{name}: {known[name]['about']}", flush=True)
        try:
            found[name] = measure(name, known[name], given.rounds)
        except BenchError as error:
            print(f"{name} FAILED: {error}", file=sys.stderr, flush=True)
            failures += 1
    judged = verdicts(load(BENCH / "goals.toml")["goal"], found)
    table = markdown(here, found, judged)
    (OUT / "table.md").write_text(table, encoding="utf-8")
    (OUT / "plot.svg").write_text(svg(found), encoding="utf-8")
    print(f"\n{table}\n{OUT / 'plot.svg'}")
    missed = [one for one in judged if one.word == "missed"]
    for one in missed:
        print(f"missed: {one.goal['id']}, {one.goal['what']}: {number(one.value or 0)} instead of {number(one.target or 0)}")
    return 1 if missed or failures else 0


if __name__ == "__main__":
    sys.exit(main())
