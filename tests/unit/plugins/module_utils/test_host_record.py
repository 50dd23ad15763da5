# SPDX-License-Identifier: Apache-2.0
"""What came to a host is noted, and just that goes again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _host_leaving
from ansible_collections.neursafe.fl.plugins.module_utils import _host_record as record
from ansible_collections.neursafe.fl.plugins.module_utils._host_leaving import Host

# Who needs whom; what is not named needs nothing.
NEEDS = {"s3fs": ["fuse"], "postgresql-15": ["postgresql-client"], "postgresql": ["postgresql-15", "postgresql-common"], "theirs": ["fuse"]}


class Machine:
    """Stands in for dpkg, apt, psql and the tools for accounts."""

    def __init__(self, root: Path) -> None:
        self.root, self.states, self.databases = root, {"base": "installed"}, "postgres\nneursafe_fl\n"
        self.ran: list[str] = []
        (root / "etc").mkdir()
        self.accounts(["root"])

    def accounts(self, names: list[str]) -> None:
        for name in ("passwd", "group"):
            (self.root / "etc" / name).write_text("".join(f"{one}:x:1:1::/:\n" for one in names))

    def install(self, *names: str) -> None:
        self.states |= dict.fromkeys(names, "installed")

    def along(self, names: list[str]) -> set[str]:
        gone = set(names)
        installed = [name for name, state in self.states.items() if state == "installed"]
        while more := {name for name in installed if set(NEEDS.get(name, [])) & gone} - gone:
            gone |= more
        return gone

    def __call__(self, command: list[str], **options: object) -> tuple[int, str, str]:
        if command[0] == "dpkg-query":
            return 0, "".join(f"{name}:amd64\tinstall ok {state}\n" for name, state in self.states.items()), ""
        if command[0] == "runuser":
            return (0, self.databases, "") if self.databases else (1, "", "no server")
        if command[1] == "-s":
            return 0, "".join(f"Remv {name} [1]\n" for name in self.along(command[4:])), ""
        self.ran.append(" ".join(command))
        # As apt does, what has to go along is purged as well.
        for name in self.along(command[4:]) & set(self.states) if command[0] == "apt-get" else []:
            self.states[name] = "config-files"
            if command[3] == "purge":
                del self.states[name]
        if command[0] == "userdel":
            self.accounts(["root"])
        return 0, "", ""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(_host_leaving.shutil, "which", lambda name: name)
    return Machine(tmp_path)


def host(machine: Machine) -> Host:
    return Host(machine, machine.root / "var" / "neursafe_fl", machine.root)


def installed(machine: Machine, *names: str) -> Host:
    found = host(machine)
    found.begin()
    machine.install(*names)
    found.note()
    return found


def test_only_what_is_new_is_noted(machine: Machine) -> None:
    found = host(machine)
    found.begin()
    machine.install("s3fs", "fuse")
    machine.accounts(["root", "nsfl-minio"])
    assert found.note().plain() == {"packages": ["fuse", "s3fs"], "users": ["nsfl-minio"], "groups": ["nsfl-minio"], "folders": []}
    found.begin()
    assert not found.note()


def test_a_run_that_was_killed_between_is_noted_by_the_next(machine: Machine) -> None:
    host(machine).begin()
    machine.install("s3fs")
    assert installed(machine).recorded().packages == ("s3fs",)


def test_a_note_that_is_too_old_says_nothing(machine: Machine) -> None:
    host(machine).begin()
    machine.install("theirs")
    past = time.time() - 7200
    os.utime(machine.root / "var" / "neursafe_fl" / "made.before.json", (past, past))
    assert installed(machine, "s3fs").recorded().packages == ("s3fs",)


def test_what_others_need_stays(machine: Machine) -> None:
    found = installed(machine, "s3fs", "fuse")
    machine.install("theirs")
    plan = found.plan(True, "neursafe_fl", [])
    assert (plan.purge, plan.kept) == (["s3fs"], {"fuse": "theirs needs it"})


def test_everything_goes_with_the_data_and_again_nothing_does(machine: Machine) -> None:
    found = installed(machine, "postgresql", "postgresql-15", "postgresql-common")
    plan = found.plan(True, "neursafe_fl", [])
    assert plan.purge == ["postgresql", "postgresql-15", "postgresql-common"]
    found.leave(plan)
    assert not found.plan(True, "neursafe_fl", []).lines()
    assert not (machine.root / "var" / "neursafe_fl" / "made.json").exists()


def test_without_the_data_its_server_is_not_purged_until_the_data_goes(machine: Machine) -> None:
    found = installed(machine, "postgresql-15", "postgresql-client", "s3fs")
    plan = found.plan(False, "neursafe_fl", [])
    assert (plan.purge, plan.remove) == (["postgresql-client", "s3fs"], ["postgresql-15"])
    found.leave(plan)
    assert machine.states == {"base": "installed", "postgresql-15": "config-files"}
    assert not found.plan(False, "neursafe_fl", []).lines()
    assert found.plan(True, "neursafe_fl", []).purge == ["postgresql-15"]


@pytest.mark.parametrize("databases", ["postgres\nneursafe_fl\ntheirs\n", ""], ids=["theirs", "no answer"])
def test_a_server_with_databases_of_others_stays_with_its_accounts(machine: Machine, databases: str) -> None:
    found = host(machine)
    found.begin()
    machine.install("postgresql-15")
    machine.accounts(["root", "postgres"])
    found.note()
    machine.databases = databases
    plan = found.plan(True, "neursafe_fl", [])
    assert plan.lines() == []
    assert "postgresql-15" in plan.kept


def test_accounts_stay_as_long_as_their_data(machine: Machine) -> None:
    found = host(machine)
    found.begin()
    machine.accounts(["root", "nsfl-minio"])
    found.note()
    assert found.plan(False, "", []).users == []
    found.leave(found.plan(True, "", []))
    assert "userdel nsfl-minio" in machine.ran


def test_folders_go_when_nothing_is_left_in_them(machine: Machine) -> None:
    found = installed(machine)
    for name in ("workspace/neursafe_fl", "full"):
        (machine.root / name).mkdir(parents=True)
    (machine.root / "full" / "file").touch()
    folders = ["/workspace", "/workspace/neursafe_fl", "/full", "/etc", "/var/neursafe_fl"]
    # Something is left for a later run, so the record and its folder stay.
    assert found.plan(True, "", folders).empty == [str(machine.root / name) for name in ("workspace/neursafe_fl", "workspace")]
    (machine.root / "full" / "file").unlink()
    plan = found.plan(True, "", folders)
    assert {Path(path).name for path in plan.empty} == {"neursafe_fl", "workspace", "full"}
    found.leave(plan)
    assert sorted(path.name for path in machine.root.iterdir()) == ["etc", "var"]


def test_a_folder_at_the_top_that_was_there_before_stays(machine: Machine) -> None:
    (machine.root / "workspace").mkdir()
    assert installed(machine).plan(True, "", ["/workspace"]).empty == []


def test_the_words_of_apt_are_read() -> None:
    assert record.apt_removals("Reading\nRemv fuse:amd64 [1]\nPurg s3fs [2]\nInst x\n") == {"fuse", "s3fs"}


def test_storage_of_another_program_stays_and_that_of_the_package_goes(machine: Machine) -> None:
    (machine.root / "var" / "lib" / "containers").mkdir(parents=True)
    found = installed(machine, "podman")
    (machine.root / "var" / "lib" / "cni").mkdir()
    assert found.plan(True, "", []).traces == ["/var/lib/cni"]
