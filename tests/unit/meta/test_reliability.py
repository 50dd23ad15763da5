# SPDX-License-Identifier: Apache-2.0
"""The page on reliability names tests that exist, and each fault of the harness has its row."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
FAULTS = ROOT / "tests" / "faults" / "faults.py"


def test_the_tests_that_it_names_are_there() -> None:
    named = re.findall(r"`((?:tests|molecule)/[\w/]+\.(?:py|yml))`", PAGE)
    assert named and [name for name in named if not (ROOT / name).is_file()] == []


def test_each_fault_has_a_row() -> None:
    faults = set(re.findall(r'^    "(F\d\d)', FAULTS.read_text(encoding="utf-8"), re.MULTILINE))
    rows = {number for line in PAGE.splitlines() if line.startswith("| F") for number in re.findall(r"F\d\d", line.split("|")[1])}
    assert faults and faults - rows == set()


def test_each_class_of_bad_input_has_its_number_of_inputs() -> None:
    files = sorted((ROOT / "tests" / "unit" / "corpus").glob("B*.yml"))
    there = {path.name: len(re.findall(r"^- id: ", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in files}
    rows = re.findall(r"^\| B\d\d \|.*\| (\d+) \| `tests/unit/corpus/(\w+\.yml)` \|$", PAGE, re.MULTILINE)
    assert {name: int(count) for count, name in rows} == there and min(there.values()) >= 10
