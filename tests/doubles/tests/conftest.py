# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the components as local processes, a PostgreSQL of our own, the proxy's real image."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from .backends import S3, PostgreSQL
from .machinery import Processes, Proxy
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
    yield {
        "DB_TYPE": "postgreSQL",
        "DB_ADDRESS": f"127.0.0.1:{postgres.port}",
        "DB_NAME": name,
        "DB_USERNAME": "fl",
        "DB_PASSWORD": "secret",
    }
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
def parts(tmp_path: Path, database: dict[str, str], processes: Processes) -> Iterator[Platform]:
    """The platform without a proxy, nothing started yet."""
    whole = Platform(tmp_path, database, processes)
    yield whole
    whole.stop()


@pytest.fixture
def platform(parts: Platform, proxy_image: str) -> Platform:
    """All of it, nothing started yet: a test starts it, with or without a mistake."""
    parts.proxy_image = proxy_image
    return parts


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    if not S3.program():
        pytest.skip("no MinIO on PATH nor in the lab's cache")
    server = S3()
    yield server
    server.stop()
