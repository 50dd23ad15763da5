# SPDX-License-Identifier: Apache-2.0
"""The lab that users make, from nothing; its programs are built where the cache has none."""

from __future__ import annotations

from conftest import converged


def test_the_lab_comes_up_from_nothing() -> None:
    converged("lab", "-e", "nsfl_lab_state=absent")
    converged("lab")


def test_the_lab_again_changes_nothing() -> None:
    assert converged("lab").changed == {}
