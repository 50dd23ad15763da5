# SPDX-License-Identifier: Apache-2.0
"""The module around the record of a host; what goes with a record is tried in module_utils."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._host_record import Things
from ansible_collections.neursafe.fl.plugins.modules import host_record
from module_call import answer_of


class Plan:
    kept: ClassVar = {"postgresql": "it has other databases"}

    def lines(self) -> list[str]:
        return ["purge s3fs"]


class Host:
    """A host of a known family, on which one package has come."""

    did: list[str]
    family = True

    def __init__(self, run_command: Any, folder: Path) -> None:
        Host.did.append(str(folder))

    def known(self) -> bool:
        return self.family

    def begin(self) -> None:
        Host.did.append("begin")

    def note(self) -> Things:
        return Things(packages=("s3fs",))

    def plan(self, delete_data: bool, database: str, folders: list[str]) -> Plan:
        if delete_data:
            raise RuntimeError("dpkg-query is not there")
        return Plan()

    def leave(self, plan: Plan) -> None:
        Host.did.append("leave")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(host_record, "Host", Host)
    Host.did = []
    return lambda state, **options: answer_of(host_record, capsys, {"state": state, "folder": "/srv/x", **options})


def test_noting_is_no_change_of_its_own(call: Any) -> None:
    assert call("begun")["changed"] is False
    assert call("noted")["new"]["packages"] == ["s3fs"]
    assert Host.did == ["/srv/x", "begin", "/srv/x"]


def test_what_leaves_is_told_and_in_check_mode_only_told(call: Any) -> None:
    for check in (True, False):
        answer = call("absent", _ansible_check_mode=check)
        assert answer["changed"] and answer["steps"] == ["purge s3fs"] and answer["diff"]["after"] == "purge s3fs\n"
        assert answer["kept"] == Plan.kept and ("leave" in Host.did) is not check


def test_neither_check_mode_nor_an_unknown_family_begins_a_record(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call("begun", _ansible_check_mode=True)
    monkeypatch.setattr(Host, "family", False)
    assert call("begun")["new"] == {} and "begin" not in Host.did


def test_a_failure_says_that_it_can_be_run_again(call: Any) -> None:
    answer = call("absent", delete_data=True)
    assert answer["failed"] and answer["msg"].startswith("dpkg-query is not there; mend that and run again")
