# SPDX-License-Identifier: Apache-2.0
"""Runs the checks of tests/checks.toml and ends with the line "N passed, N failed".

    python tools/run_checks.py            # all stages
    python tools/run_checks.py lint unit  # these stages

Checks of one lane run one after another, in the order of the file; the lanes run side by side. A check that names
another one as `after` waits until that one has ended, whichever way, if it is part of the run.
Of each check it tells how long it took and the processor time of its processes; beside the other lanes only that one says what
it costs, though it leaves out what runs in containers. The output of each check goes to build/logs/<name>.log; of a check that
fails, the last lines that name what went wrong are shown: few and short, for who reads only the end of a run that was cut off must
still find which checks had ended, and when.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "logs"
# What pytest, Ansible, linters and molecule begin a line with that says what went wrong.
TELLING = re.compile(r"(FAILED |ERROR|E   +\S|fatal: |\[ERROR\]|CRITICAL|\S+:\d+:)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TOLD_LINES, TOLD_LENGTH = 8, 300


def environment() -> dict[str, str]:
    """The caller's environment with the tools of .venv first on PATH."""
    return {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}


def pytest_counts(report: Path) -> tuple[int, int]:
    """Passed and failed cases of a JUnit report."""
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    total = failed = 0
    for suite in suites:
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        total += int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) - bad
        failed += bad
    return total, failed


def telling_lines(text: str) -> list[str]:
    """The last lines that name what went wrong, or else the last ones."""
    lines = [line[:TOLD_LENGTH] for line in COLOUR.sub("", text).splitlines() if line.strip()]
    return ([line for line in lines if TELLING.match(line)] or lines)[-TOLD_LINES:]


def run(check: dict[str, Any]) -> tuple[int, int]:
    """Run one check; return how many cases passed and failed."""
    log = LOGS / f"{check['name'].replace(' ', '-')}.log"
    report = log.with_suffix(".xml")
    command = check["command"]
    counted = command.startswith("pytest")
    if counted:
        report.unlink(missing_ok=True)
        command += f" --junitxml={report}"
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, shell=True, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        # Unlike the library's own wait it tells what all its processes have used.
        _, status, used = os.wait4(process.pid, 0)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    passed, failed = pytest_counts(report) if counted and report.exists() else (int(code == 0), int(code != 0))
    if code != 0 and failed == 0:
        failed = 1
    spent = f"{time.monotonic() - started:.0f} s, {used.ru_utime + used.ru_stime:.0f} CPU-s"
    outcome = f"{'FAILED' if failed else 'ok'} ({passed} passed, {failed} failed, {spent})"
    told = [f"{check['stage']:<9} {check['name']} … {outcome}"]
    if failed:
        told += [f"    {line}" for line in [*telling_lines(log.read_text(encoding="utf-8", errors="replace")), f"all of it: {log}"]]
    print("\n".join(told), flush=True)
    return passed, failed


def run_lane(checks: list[dict[str, Any]], ended: dict[str, Event]) -> list[tuple[int, int]]:
    """Run the checks of one lane in their order; `ended` has one event for each check of the run, by its name."""
    results = []
    for check in checks:
        if check.get("after") in ended:
            ended[check["after"]].wait()
        try:
            results.append(run(check))
        finally:
            ended[check["name"]].set()
    return results


def main(stages: list[str]) -> int:
    """Run the checks of the given stages, or of all."""
    LOGS.mkdir(parents=True, exist_ok=True)
    checks = tomllib.loads((ROOT / "tests" / "checks.toml").read_text(encoding="utf-8"))["check"]
    unknown = set(stages) - {check["stage"] for check in checks}
    if unknown:
        sys.exit(f"no such stage: {', '.join(sorted(unknown))}")
    wanted = [check for check in checks if not stages or check["stage"] in stages]
    ended = {check["name"]: Event() for check in wanted}
    lanes = [[check for check in wanted if check["lane"] == lane] for lane in dict.fromkeys(check["lane"] for check in wanted)]
    with ThreadPoolExecutor() as pool:
        counts = [count for results in pool.map(lambda lane: run_lane(lane, ended), lanes) for count in results]
    passed, failed = (sum(column) for column in zip(*counts, strict=True))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
