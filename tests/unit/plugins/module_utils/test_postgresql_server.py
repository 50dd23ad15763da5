# SPDX-License-Identifier: Apache-2.0
"""Files of the database server that it has not read: whoever wrote them was killed before telling it (F01)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_server import due

READ = 1_000_000.0


class Connection:
    """A server that has read its files at READ; so many settings in ours want a restart."""

    def __init__(self, restarts: int) -> None:
        self._answers = iter([(restarts,), (READ,)])

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        yield self

    def execute(self, statement: str, parameters: tuple[str, ...] = ()) -> None:
        statement % tuple(f"'{value}'" for value in parameters)

    def fetchone(self) -> tuple[float]:
        return next(self._answers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conf.d").mkdir()
    for name in ("conf.d/neursafe_fl.conf", "pg_hba.conf", "server.crt"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (READ - 1, READ - 1))
    return tmp_path


def asked(folder: Path, restarts: int = 0) -> str:
    wanted = {"settings_file": "neursafe_fl.conf", "files": [{"path": str(folder / "server.crt")}, {"path": str(folder / "nothing")}]}
    return due(Connection(restarts), wanted, {"config_folder": str(folder), "hba_file": str(folder / "pg_hba.conf")})


def test_what_has_been_read_is_left_alone(folder: Path) -> None:
    assert asked(folder) == ""


@pytest.mark.parametrize("name", ["conf.d/neursafe_fl.conf", "pg_hba.conf", "server.crt"])
def test_a_file_that_is_newer_is_to_be_read(folder: Path, name: str) -> None:
    os.utime(folder / name, (READ + 1, READ + 1))
    assert asked(folder) == "reload"


def test_a_setting_of_the_start_takes_a_restart(folder: Path) -> None:
    assert asked(folder, restarts=1) == "restart"
