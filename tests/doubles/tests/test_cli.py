# SPDX-License-Identifier: Apache-2.0
"""nsfl-ctl against a real MinIO and the API server's side of a job scheduler."""

from __future__ import annotations

import io
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from neursafe_fl import doubles
from neursafe_fl.python.cli import config as cli_config
from neursafe_fl.python.cli import nsfl

from .machinery import ROOT
from .platform import Platform

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(cli_config, "FILE", str(tmp_path / "nsfl.json"))
    monkeypatch.setattr(nsfl, "LOG_FILE", str(tmp_path / "nsfl.log"))

    def call(*words: str, stdin: str = "") -> int:
        monkeypatch.setattr("sys.argv", ["nsfl-ctl", *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        return nsfl.main()

    return call


def configure(run: Run, parts: Platform, s3: Any, **changes: str) -> None:
    values = {"s": f"127.0.0.1:{parts.ports['scheduler']}", "d": s3.endpoint, "u": "admin", **changes}
    assert (
        run("set", "config", *(part for key, value in values.items() for part in (f"-{key}", value)), "-p", stdin="password1\npassword1\n")
        == 0
    )


def job_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    shutil.copytree(ROOT / "example/job", folder)
    (folder / "model").mkdir()
    doubles.SoftmaxModel().save(str(folder / "model/mnist.h5"))
    return folder


def test_create_and_get_job(parts: Platform, s3: Any, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts.start_scheduler()
    configure(run, parts, s3)
    assert run("get", "health") == 0
    folder = job_folder(tmp_path)
    capsys.readouterr()
    assert run("create", "job", "-w", str(folder), "bucket-absent") == 1  # the namespace is no bucket
    assert "NoSuchBucket" in capsys.readouterr().err
    s3.client.create_bucket(Bucket="team-a")
    assert run("create", "job", "-w", str(folder), "team-a") == 1  # uploaded, but not mounted where the scheduler looks
    assert "Model fl-double-mnist/model/mnist.h5 not existing in namespace team-a" in capsys.readouterr().err
    shutil.copytree(folder, parts.root / "team-a/fl-double-mnist")  # what s3fs would show
    assert run("create", "job", "-w", str(folder), "team-a") == 0
    assert "create job success." in capsys.readouterr().out
    keys = [entry["Key"] for entry in s3.client.list_objects_v2(Bucket="team-a")["Contents"]]
    assert keys == ["fl-double-mnist/config.json", "fl-double-mnist/model/mnist.h5"]
    assert run("get", "job", "-w", str(folder), "team-a") == 0
    assert "double-mnist" in capsys.readouterr().out
    assert run("get", "job", "absent", "team-a") == 1
    assert run("delete", "job", "double-mnist", "team-a") == 0


@pytest.mark.parametrize(("flag", "value"), [("d", "127.0.0.1:9000"), ("s", "http://127.0.0.1:8088"), ("u", "nobody")])
def test_wrong_settings(parts: Platform, s3: Any, run: Run, flag: str, value: str) -> None:
    """data_server needs its scheme, api_server must not have one."""
    parts.start_scheduler()
    configure(run, parts, s3, **{flag: value})
    assert run("get", "health") == 1


def test_config_file(run: Run, tmp_path: Path) -> None:
    assert run("get", "health") == 1
    assert run("set", "config", "-p", stdin="one\ntwo\n") == 1
    assert run("set", "config", "-p", stdin="one\none\n") == 0
    file = tmp_path / "nsfl.json"
    assert "one" not in file.read_text() and json.loads(file.read_text())["password"].endswith("\n")
    assert stat.S_ISREG(file.stat().st_mode)
