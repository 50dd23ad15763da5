# SPDX-License-Identifier: Apache-2.0
"""Images that a run begins to build and later waits for: each is built once, and nothing goes on when the run has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.action import images
from registry_fake import calls, registry
from test_images import Case

SLOW = 1.5


@pytest.fixture
def case(tmp_path: Path) -> Any:
    with registry(tmp_path) as host:
        case = Case(tmp_path, host)
        builder = Path(case.params["builder_path"])
        slow = builder.with_name("slow")
        slow.write_text(f'#!/bin/sh\n[ "$1" != build ] || sleep {SLOW}\nexec {builder} "$@"\n')
        slow.chmod(0o755)
        case.params["builder_path"] = str(slow)
        yield case


@pytest.fixture
def playbook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The process that a worker would be of."""
    with subprocess.Popen(["sleep", "60"]) as process:
        monkeypatch.setattr(images.os, "getppid", lambda: process.pid)
        yield process
        process.kill()


def begin(case: Case, *, check: bool = False, python: str = sys.executable) -> dict[str, Any]:
    arguments = {**case.params, "state": "begun"}
    action_type: Any = images.ActionModule
    action = action_type(
        task=SimpleNamespace(args=arguments, check_mode=check, diff=False, async_val=0, environment=[], delegate_to=None, action="images"),
        connection=SimpleNamespace(transport="local", _shell=SimpleNamespace(tmpdir="/nowhere")),
        play_context=SimpleNamespace(become=False),
        loader=None,
        templar=SimpleNamespace(template=lambda value: value),
    )
    result: dict[str, Any] = action.run(task_vars={"ansible_python_interpreter": python})
    return result


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_at_work(case: Case) -> bool:
    return bool(list((case.folder / "cache").glob("run.*")))


def test_what_is_begun_is_waited_for_and_not_done_twice(case: Case, playbook: Any) -> None:
    begun = begin(case)
    assert begun["changed"] and set(begun["actions"].values()) == {"built"}
    wait_until(lambda: is_at_work(case))
    waited = case.run()
    assert not waited["changed"] and set(waited["actions"].values()) == {"present"}
    assert len(calls(case.folder, "build")) == 3
    assert not begin(case)["changed"]


def test_it_ends_with_the_run_and_the_next_one_goes_on(case: Case, playbook: Any) -> None:
    begin(case)
    wait_until(lambda: is_at_work(case))
    playbook.kill()
    playbook.wait()
    wait_until(lambda: not is_at_work(case))
    assert len(calls(case.folder, "build")) < 3
    assert set(case.run()["actions"].values()) & {"built"}
    assert set(case.run()["actions"].values()) == {"present"}


def test_what_goes_wrong_beside_the_run_is_told_where_it_is_waited_for(case: Case, playbook: Any) -> None:
    (case.folder / "fails").write_text("COPY app.py")
    begin(case)
    wait_until(lambda: is_at_work(case))
    with pytest.raises(images.images.ImagesError, match="image nsfl-selector: the build failed"):
        case.run()


@pytest.mark.parametrize("place", [{"check": True}, {"python": "/nowhere/python"}])
def test_elsewhere_nothing_is_begun(case: Case, place: Any) -> None:
    assert begin(case, **place) == {"changed": False}
    assert not is_at_work(case)


def test_then_the_layers_of_what_the_registry_has_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    base = "r:5000/nsfl-base@sha256:0"
    entries = {"nsfl-base": base, "nsfl-proxy": "r:5000/nsfl-proxy@sha256:1", "nsfl-local": "nsfl-local:c-1"}
    built: dict[str, Any] = {
        "images": {name: {"reference": one} for name, one in entries.items()},
        "actions": {"nsfl-base": "built", "nsfl-local": "built"},
    }
    read: list[dict[str, Any]] = []

    class Service:
        def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
            self._params = params

        def read_ahead(self) -> None:
            read.append(self._params)

    monkeypatch.setattr(images, "answer", lambda *_given, **_how: built)
    monkeypatch.setattr(images, "SbomService", Service)
    account = {"registry": "r:5000", "registry_password": "p", "validate_certs": False, "sbom_dir": "/s", "cache_dir": "/c"}
    images._have({**account, "platform": "", "catalogue": []}, os.getpid())
    assert read[0].items() >= {**account, "images": {"nsfl-base": base}, "platform": "linux/amd64"}.items()
    built["failed"] = True
    images._have(account, os.getpid())
    assert len(read) == 1
