# SPDX-License-Identifier: Apache-2.0
"""Who gets the lock of a run, in both places where it can be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._run_lock import (
    LIFETIME,
    FileStore,
    Holder,
    LeaseStore,
    LockHeldError,
    Store,
    alive,
    begun,
    release,
    renew,
    take,
)

ME = Holder("root", socket.gethostname(), os.getpid(), begun(os.getpid()), "server.yml", "2026-11-25T10:00:00Z")
# Nobody here can see whether its process is there.
ELSEWHERE = replace(ME, who="ada", controller="ctl-2", process=7, begun="1")
# What the run of a process that is over had.
KILLED = replace(ME, process=2**22 + 1, begun="1")


class FakeKube:
    """One Lease, with the API's rules for versions, and a clock of its own."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.clock = time.time() - 86400.0
        self.missing_namespace = False

    @property
    def date(self) -> str:
        return formatdate(self.clock, usegmt=True)

    def find(self, path: str) -> dict[str, Any] | None:
        return deepcopy(self.lease)

    def post(self, path: str, body: dict[str, Any]) -> None:
        if self.missing_namespace:
            raise KubeError(404, 'namespaces "fl" not found')
        if self.lease is not None:
            raise KubeError(409, "exists")
        self._keep(body, "1")

    def put(self, path: str, body: dict[str, Any]) -> None:
        if self.lease is None:
            raise KubeError(404, "gone")
        if body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise KubeError(409, "another version")
        self._keep(body, str(int(self.lease["metadata"]["resourceVersion"]) + 1))

    def delete(self, path: str) -> None:
        self.lease = None

    def _keep(self, body: dict[str, Any], version: str) -> None:
        self.lease = deepcopy(body)
        self.lease["metadata"]["resourceVersion"] = version


class Place:
    """A store, and how time goes by for it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kube = FakeKube()
        self.file = folder / "locks" / "nsfl-server-default"
        self.store: Store = LeaseStore(cast(Kube, self.kube), "default", "x") if kind == "lease" else FileStore(self.file)

    def later(self, seconds: float) -> None:
        self.kube.clock += seconds
        if self.file.exists():
            os.utime(self.file, (time.time() - seconds,) * 2)


@pytest.fixture(params=["lease", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.param, tmp_path)


def test_it_is_taken_kept_and_given_back(place: Place) -> None:
    assert take(place.store, ME) is True
    assert take(place.store, ME) is False
    assert renew(place.store, ME)
    release(place.store, ME)
    assert place.store.read()[0] is None


def test_a_second_run_is_told_who_has_it_since_when(place: Place) -> None:
    take(place.store, ELSEWHERE)
    place.later(12)
    with pytest.raises(
        LockHeldError, match=r"server.yml of ada on ctl-2 \(process 7\), since 2026-11-25T10:00:00Z, last sign of life 12 s ago"
    ):
        take(place.store, ME)
    assert place.store.read()[0] == ELSEWHERE


def test_a_run_of_another_controller_without_a_sign_of_life_counts_as_gone(place: Place) -> None:
    take(place.store, ELSEWHERE)
    place.later(LIFETIME + 1)
    assert take(place.store, ME)
    assert place.store.read()[0] == ME


def test_a_sign_of_life_counts(place: Place) -> None:
    take(place.store, ELSEWHERE)
    place.later(LIFETIME - 1)
    assert renew(place.store, ELSEWHERE)
    if place.file.exists():
        assert place.store.read()[1] < 5
    else:
        place.later(LIFETIME - 1)
    with pytest.raises(LockHeldError):
        take(place.store, ME)


def test_a_killed_run_of_this_controller_counts_as_gone_at_once(place: Place) -> None:
    take(place.store, KILLED)
    assert take(place.store, ME)


def test_who_lost_it_neither_renews_nor_removes_it(place: Place) -> None:
    take(place.store, KILLED)
    take(place.store, ME)
    assert not renew(place.store, KILLED)
    release(place.store, KILLED)
    assert place.store.read()[0] == ME


def test_of_two_that_take_over_one_wins(place: Place) -> None:
    take(place.store, KILLED)
    _holder, _silent, version = place.store.read()
    assert place.store.write(ME, version)
    assert not place.store.write(ELSEWHERE, version)
    assert place.store.read()[0] == ME


def test_of_two_that_begin_one_wins(place: Place) -> None:
    assert place.store.write(ME, None)
    assert not place.store.write(ELSEWHERE, None)


def test_what_somebody_else_has_put_there_is_no_run(tmp_path: Path) -> None:
    lease, file = Place("lease", tmp_path), Place("file", tmp_path)
    lease.kube.lease = {"metadata": {"resourceVersion": "5"}, "spec": {"holderIdentity": "me"}}
    file.file.parent.mkdir()
    file.file.write_text("nothing", encoding="utf-8")
    assert take(lease.store, ME) and take(file.store, ME)


def test_a_missing_namespace_is_not_taken_for_a_lost_race(tmp_path: Path) -> None:
    place = Place("lease", tmp_path)
    place.kube.missing_namespace = True
    with pytest.raises(KubeError, match="not found"):
        take(place.store, ME)


def test_a_number_that_was_given_to_another_process_is_not_the_run() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert alive(child.pid, begun(child.pid))
        assert not alive(child.pid, "1")
        child.communicate(b"\n")
    assert not alive(child.pid, begun(child.pid))
