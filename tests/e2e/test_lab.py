# SPDX-License-Identifier: Apache-2.0
"""The lab that users make, from nothing; its programs are built where the cache has none."""

from __future__ import annotations

import json

from conftest import converged
from host_state import BARE, host_state


def test_the_lab_comes_up_from_nothing() -> None:
    converged("lab", "-e", "nsfl_lab_state=absent")
    converged("lab")


def test_the_lab_again_changes_nothing() -> None:
    assert converged("lab").changed == {}


def test_the_bare_hosts_are_noted() -> None:
    """For test_leave.py, which brings them back to this."""
    BARE.parent.mkdir(exist_ok=True)
    BARE.write_text(json.dumps(host_state()), encoding="utf-8")
