# SPDX-License-Identifier: Apache-2.0
"""What is declared as the supported range is what the collection asks for, and what is installed and run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
MATRIX = tomllib.loads((ROOT / "tests" / "matrix.toml").read_text(encoding="utf-8"))
CHECKS = [check["command"] for check in tomllib.loads((ROOT / "tests" / "checks.toml").read_text(encoding="utf-8"))["check"]]


@pytest.mark.parametrize("end", ["oldest", "newest"])
def test_the_tools_of_an_end_are_of_its_release(end: str) -> None:
    text = (ROOT / MATRIX[end]["requirements"]).read_text(encoding="utf-8")
    assert re.search(rf"^ansible-core=={re.escape(MATRIX[end]['ansible-core'])}\.\d+$", text, re.MULTILINE)


def test_the_collection_asks_for_the_oldest() -> None:
    asked = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    assert asked == f">={MATRIX['oldest']['ansible-core']}.0"


@pytest.mark.parametrize(("end", "prefix"), [("oldest", ""), ("newest", "tools/newest.sh ")])
def test_both_ends_are_run(end: str, prefix: str) -> None:
    sanity = f"{prefix}tools/sanity.sh --python {MATRIX[end]['python']}"
    units = [command for command in CHECKS if command.startswith(f"{prefix}pytest") and "tests/unit" in command]
    assert sanity in CHECKS and len(units) == 1
