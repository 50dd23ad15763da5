# SPDX-License-Identifier: Apache-2.0
"""Faults on the platform of the end-to-end tests, whose hands and eyes they use."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_E2E = Path(__file__).resolve().parents[1] / "e2e"
sys.path.append(str(_E2E))
# Under another name: this file is the module `conftest` here.
_spec = importlib.util.spec_from_file_location("e2e_conftest", _E2E / "conftest.py")
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["e2e_conftest"] = _module
_spec.loader.exec_module(_module)

from e2e_conftest import ROOT, Run, converged, fresh_log, run_playbook
from steady_state import data, lasting_state, put_data

__all__ = ["ROOT", "Run", "converged", "fresh_log", "run_playbook"]


@pytest.fixture(scope="module")
def steady() -> Iterator[dict[str, str]]:
    """The state of the converged platform; its data are in the end what they were."""
    converged("server")
    put_data()
    before = data()
    yield lasting_state()
    assert data() == before
