# SPDX-License-Identifier: Apache-2.0
"""An image on a host, with a small program in the place of podman or Docker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.modules import host_image
from module_call import answer_of

IMAGE = "registry.example.org:5000/nsfl-client-cpu:latest"
# Keeps the identifier of its one image in a file, takes the one on offer at a pull, and writes down what it was asked.
ENGINE = """#!/bin/sh
cd "${0%/*}"
echo "$@" >>asked
case " $* " in
*" inspect "*) [ -s image ] && cat image || { echo "no such image" >&2; exit 1; } ;;
*" pull "*) [ -s offer ] && cp offer image || { echo "unauthorized: access to the registry is denied" >&2; exit 125; } ;;
esac
"""


class Host:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        for name in ("podman", "docker"):
            (folder / name).write_text(ENGINE, encoding="utf-8")
            (folder / name).chmod(0o755)

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def call(self, check: bool = False, **options: Any) -> dict[str, Any]:
        return answer_of(host_image, self._capsys, {"image": IMAGE, "_ansible_check_mode": check, "_ansible_diff": True, **options})

    @property
    def pulls(self) -> list[str]:
        asked = self.folder / "asked"
        return [line for line in asked.read_text(encoding="utf-8").splitlines() if "pull" in line] if asked.exists() else []


@pytest.fixture
def host(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(host_image, "_FOLDERS", str(tmp_path))
    return Host(tmp_path, capsys)


def test_a_missing_image_is_pulled_once(host: Host) -> None:
    host.put("offer", "sha256:1")
    foreseen = host.call(check=True)
    assert foreseen["changed"] and foreseen["changes"] == [f"pull {IMAGE}"] and not foreseen["present"] and host.pulls == []
    first, second = host.call(), host.call()
    assert first["changed"] and first["id"] == "sha256:1" and first["diff"] == {"before": "\n", "after": "sha256:1\n"}
    assert not second["changed"] and second["changes"] == [] and len(host.pulls) == 1


@pytest.mark.parametrize(("offered", "changed"), [("sha256:1", False), ("sha256:2", True)])
def test_a_tag_that_is_asked_for_again_is_a_change_only_when_it_is_another_image(host: Host, offered: str, changed: bool) -> None:
    host.put("image", "sha256:1")
    host.put("offer", offered)
    assert host.call(pull="always", check=True)["changed"] is False
    assert host.call(pull="always")["changed"] is changed and len(host.pulls) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, f"pull {IMAGE}"),
        ({"login_dir": "/etc/x", "insecure": True}, f"pull --authfile=/etc/x/config.json --tls-verify=false {IMAGE}"),
        ({"engine": "docker"}, f"pull {IMAGE}"),
        ({"engine": "docker", "login_dir": "/etc/x", "insecure": True}, f"--config=/etc/x pull {IMAGE}"),
    ],
)
def test_each_engine_is_asked_in_its_own_words(host: Host, options: dict[str, Any], words: str) -> None:
    host.put("offer", "sha256:1")
    host.call(**options)
    assert host.pulls == [words]


def test_a_refusal_is_told_in_the_engines_words(host: Host) -> None:
    answer = host.call()
    assert answer["failed"] and answer["msg"] == f"podman cannot pull {IMAGE}: unauthorized: access to the registry is denied"


def test_an_engine_that_is_not_there_yet_is_foreseen_and_otherwise_missed(host: Host) -> None:
    (host.folder / "podman").unlink()
    assert host.call(check=True)["changed"]
    assert "install it, or choose another engine" in json.dumps(host.call()["msg"])
