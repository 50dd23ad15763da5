# SPDX-License-Identifier: Apache-2.0
"""What the runner of all checks tells of those that fail."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "tools" / "run_checks.py"
CHECKS = """
[[check]]
stage = "one"
lane = "here"
name = "good"
command = "true"

[[check]]
stage = "one"
lane = "there"
name = "bad one"
command = "printf 'fatal: its \\\\033[31mcause\\\\033[0m\\\\nthe end\\\\n'; exit 3"
after = "good"
"""


def test_the_end_names_what_has_failed_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("run_checks", PROGRAM)
    assert spec is not None and spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "checks.toml").write_text(CHECKS)
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "LOGS", tmp_path / "logs")
    assert program.main([]) == 1
    assert capsys.readouterr().out.splitlines()[-3:] == ["bad one:", "    fatal: its cause", "1 passed, 1 failed"]
