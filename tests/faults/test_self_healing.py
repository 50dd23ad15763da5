# SPDX-License-Identifier: Apache-2.0
"""F10 and F39: what dies between two runs is back by itself within a minute, with all data, and a run has nothing to mend."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import converged
from platform_hands import LAB, on_host, output
from steady_state import data, put_data

BOUND = 60.0
FILE = "/mnt/neursafe_fl/default/fault-data/0.bin"


def is_well(host: str, script: str) -> bool:
    try:
        on_host(host, script)
    except AssertionError:
        return False
    return True


def seconds_until(host: str, script: str) -> float:
    """How long until a script succeeds on a host, at most BOUND."""
    begun = time.monotonic()
    while not is_well(host, script):
        assert time.monotonic() - begun < BOUND, f"{host}: not well after {BOUND:.0f} s: {script}"
        time.sleep(0.5)
    return time.monotonic() - begun


@pytest.fixture(scope="module", autouse=True)
def platform() -> None:
    converged("server")
    converged("client")
    put_data()


def killed(host: str, unit: str) -> Callable[[], object]:
    return lambda: on_host(host, f"systemctl kill -s KILL {unit}")


CASES = {
    "F10-s3fs": (killed("node-2", "nsfl-s3fs@default"), "node-2", f"timeout 5 cat {FILE} >/dev/null"),
    "F39-minio": (killed("node-1", "nsfl-minio"), "node-1", f"systemctl is-active nsfl-minio && timeout 5 cat {FILE} >/dev/null"),
    "F39-client": (killed("client-1", "nsfl-client"), "client-1", "systemctl is-active nsfl-client && podman ps | grep -q nsfl-client"),
    "F39-node": (lambda: output("docker", "restart", "--time", "2", f"{LAB}-node-2"), "node-2", f"timeout 5 cat {FILE} >/dev/null"),
}


@pytest.mark.parametrize("number", CASES)
def test_what_dies_is_back_within_a_minute(number: str, record_property: Any) -> None:
    kill, host, well = CASES[number]
    before = data()
    kill()
    record_property("seconds", round(seconds_until(host, well), 1))
    assert data() == before


def test_then_a_run_has_nothing_to_mend() -> None:
    assert converged("server").changed == {}
    assert converged("client").changed == {}
