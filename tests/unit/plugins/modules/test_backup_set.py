# SPDX-License-Identifier: Apache-2.0
"""The module around the folder of a backup: its states in their order, check mode, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.modules import backup_set
from module_call import answer_of


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    def called(state: str, **options: Any) -> dict[str, Any]:
        return answer_of(backup_set, capsys, {"path": str(tmp_path / "sets" / "one"), "state": state, **options})

    return called


def test_a_backup_from_its_begin_to_its_verification(call: Any, tmp_path: Path) -> None:
    begun = call("begun")
    (Path(begun["folder"]) / "rows.jsonl").write_text("{}\n", encoding="utf-8")
    made = call("complete", facts={"layout": "pvc"})
    looked = call("verified")
    assert (begun["changed"], made["changed"], looked["changed"]) == (True, True, False)
    assert made["folder"] == str(tmp_path / "sets" / "one") and looked["manifest"] == made["manifest"]
    assert looked["manifest"]["layout"] == "pvc" and list(looked["manifest"]["files"]) == ["rows.jsonl"]


def test_what_was_broken_off_is_discarded_once(call: Any) -> None:
    call("begun")
    assert [call("discarded")["changed"] for _turn in range(2)] == [True, False]


def test_check_mode_says_what_would_come_and_makes_nothing(call: Any, tmp_path: Path) -> None:
    answers = [call(state, facts={"layout": "pvc"}, _ansible_check_mode=True) for state in ("begun", "complete")]
    assert [answer["changed"] for answer in answers] == [False, True] and answers[1]["manifest"]["layout"] == "pvc"
    assert not (tmp_path / "sets").exists()


def test_what_is_wrong_is_told_with_the_way_out(call: Any, tmp_path: Path) -> None:
    assert "is no complete backup" in call("verified")["msg"]
    (tmp_path / "sets").write_text("a file", encoding="utf-8")
    answer = call("begun")
    assert answer["failed"] and str(tmp_path / "sets") in answer["msg"] and "name another folder" in answer["msg"]
