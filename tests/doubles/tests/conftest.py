# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the components as local processes, a PostgreSQL of our own, the proxy's real image."""
from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Iterator

import pytest

from .machinery import PostgreSQL, Processes, Proxy
from .platform import Platform

NEEDED = ("grpc", "numpy", "psycopg2", "boto3")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"the doubles need {', '.join(missing)}"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    if not PostgreSQL.program("postgres"):
        pytest.skip("PostgreSQL is not installed")
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.fixture
def database(postgres: PostgreSQL) -> Iterator[dict[str, str]]:
    """A fresh database with the three tables; the environment that points at it."""
    name = postgres.create_database()
    yield {"DB_TYPE": "postgreSQL", "DB_ADDRESS": f"127.0.0.1:{postgres.port}", "DB_NAME": name, "DB_USERNAME": "fl",
           "DB_PASSWORD": "secret"}
    postgres.drop_database(name)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    group = Processes(tmp_path)
    yield group
    group.stop()


@pytest.fixture(scope="session")
def proxy_image() -> str:
    image = Proxy.build()
    if not image:
        pytest.skip("no Docker, or no base image nsfl-lab/debian:bookworm")
    return image


@pytest.fixture
def platform(tmp_path: Path, database: dict[str, str], processes: Processes, proxy_image: str) -> Iterator[Platform]:
    """All of it, nothing started yet: a test starts it, with or without a mistake."""
    whole = Platform(tmp_path, database, processes, proxy_image)
    yield whole
    whole.stop()
