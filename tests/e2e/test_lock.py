# SPDX-License-Identifier: Apache-2.0
"""One run at a time: a second one is refused at once, and a run that was killed stands in nobody's way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import ROOT, converged, run_playbook
from platform_hands import kubectl

# A job in a shell's background ignores SIGINT, and so does all that it starts, unless told otherwise.
COMMAND = ["env", "--default-signal=INT", f"{ROOT}/.venv/bin/ansible-playbook", "playbooks/server.yml", "-i", "inventories/lab"]


def wait_until_it_is_of(process: int | None) -> None:
    """The lock, of the run with this process number or of nobody."""
    holder, end = -1, time.monotonic() + 30
    while holder != process:
        assert time.monotonic() < end, holder
        time.sleep(0.1)
        found = kubectl("get", "lease", "nsfl-server-default", "--ignore-not-found", "-o", "json")
        holder = json.loads(json.loads(found)["metadata"]["annotations"]["neursafe.fl/run"])["process"] if found else None


@contextmanager
def a_run() -> Iterator[subprocess.Popen[str]]:
    """One that has the lock, in the midst of its checks."""
    with subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            wait_until_it_is_of(process.pid)
            yield process
        finally:
            process.kill()


def test_f04_a_second_run_is_refused_and_told_who_is_at_work() -> None:
    with a_run() as first:
        begun = time.monotonic()
        second = run_playbook("server")
        took = time.monotonic() - begun
        told = rf"server.yml of \w+ on \S+ \(process {first.pid}\), since \d{{4}}-\S+Z, last sign of life \d+ s ago. Nothing was changed"
        assert second.code != 0 and re.search(told, second.output), second.output[-2000:]
        assert second.changed == {}
        assert took < 5 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        # A look is nobody's business.
        assert converged("server", "--check").changed == {}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 99), (signal.SIGTERM, 143)])
def test_f03_a_run_that_is_told_to_end_gives_the_lock_back(number: signal.Signals, code: int) -> None:
    with a_run() as process:
        process.send_signal(number)
        output, _none = process.communicate(timeout=60)
        assert process.returncode in (code, -number), output[-2000:]
        assert "The same command again goes on from what is there." in output
    wait_until_it_is_of(None)


def test_f04_the_lock_of_a_killed_run_is_taken_over() -> None:
    with a_run() as process:
        process.kill()
        process.wait()
        assert converged("server").changed == {}
    wait_until_it_is_of(None)
