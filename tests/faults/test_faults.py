# SPDX-License-Identifier: Apache-2.0
"""Each fault on the converged platform: the run ends within its bound, names the cause, loses no data, and the next run converges."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import converged, run_playbook
from faults import FAULTS
from steady_state import data, differences, lasting_state, put_data


def patience() -> float:
    """How much slower than an idle machine this one may be."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture(scope="module", autouse=True)
def steady() -> dict[str, str]:
    converged("server")
    put_data()
    return lasting_state()


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    before = data()
    yield
    assert data() == before


@pytest.mark.parametrize("number", FAULTS)
def test_a_fault(number: str, steady: dict[str, str], record_property: Any) -> None:
    fault = FAULTS[number]
    try:
        fault.inject()
        begun, slower = time.monotonic(), patience()
        run = run_playbook("server", "-e", json.dumps(fault.settings))
        seconds = time.monotonic() - begun
    finally:
        fault.heal()
    record_property("seconds", round(seconds, 1))
    if fault.survived:
        assert run.code == 0, run.output[-4000:]
        assert run.changed, "the fault has left nothing to mend"
    else:
        assert run.code != 0, "the fault went unnoticed"
    assert re.search(fault.says, run.output, re.DOTALL), run.output[-4000:]
    assert seconds <= fault.bound * max(slower, patience())
    assert fault.survived or not fault.before_any_change or run.changed == {}, run.changed
    converged("server")
    assert differences(steady, lasting_state()) == {}
    assert converged("server").changed == {}
