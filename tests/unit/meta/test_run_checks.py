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


def test_a_failed_check_tells_why_in_few_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("run_checks", PROGRAM)
    assert spec is not None and spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "checks.toml").write_text(CHECKS)
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "LOGS", tmp_path / "logs")
    assert program.main([]) == 1
    good, bad, why, where, end = capsys.readouterr().out.splitlines()
    assert (good, bad) == (
        "one       good … ok (1 passed, 0 failed, 0 s, 0 CPU-s)",
        "one       bad one … FAILED (0 passed, 1 failed, 0 s, 0 CPU-s)",
    )
    assert (why, where) == ("    fatal: its cause", f"    all of it: {tmp_path}/logs/bad-one.log")
    assert end == "1 passed, 1 failed"
