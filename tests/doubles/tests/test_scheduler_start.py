# SPDX-License-Identifier: Apache-2.0
"""Mistakes that end the job scheduler at its start."""

from __future__ import annotations

import pytest
from neursafe_fl.python.job_scheduler.app import REQUIRED

from .backends import PostgreSQL
from .machinery import free_port
from .platform import Platform


@pytest.mark.parametrize("name", REQUIRED)
def test_missing_environment(parts: Platform, name: str) -> None:
    assert f"Env: {name} not configure" in parts.start_scheduler({name: None}, wait=False).ends(1)


def test_fifteen_are_required() -> None:
    assert len(REQUIRED) == 15


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DB_PASSWORD": "wrong"}, "DataBaseError"),
        ({"DB_USERNAME": "nobody"}, "DataBaseError"),
        ({"DB_NAME": "absent"}, "DataBaseError"),
        ({"DB_ADDRESS": f"127.0.0.1:{free_port()}"}, "DataBaseError"),
        ({"DB_ADDRESS": "127.0.0.1"}, "DataBaseError"),
        ({"DB_ADDRESS": "[::1]:5432"}, "DataBaseError"),
        ({"DB_TYPE": "PostgreSQL"}, "DataBaseError"),
        ({"DB_TYPE": "mongodb"}, "DataBaseError"),
        ({"DB_COLLECTION_NAME": "absent"}, "CollectionNotExisting"),
    ],
)
def test_database(parts: Platform, changes: dict[str, str | None], words: str) -> None:
    assert words in parts.start_scheduler(changes, wait=False).ends(1)


def test_table_of_another_owner(parts: Platform, postgres: PostgreSQL) -> None:
    """The information schema shows only tables on which the user has a right."""
    postgres.sql(parts.database["DB_NAME"], "alter table jobs owner to admin")
    assert "CollectionNotExisting" in parts.start_scheduler(wait=False).ends(1)


def test_starts(parts: Platform) -> None:
    parts.start_scheduler().wait_for("Http server start on port")
    assert parts.api("GET", "/health") == (200, "OK")
