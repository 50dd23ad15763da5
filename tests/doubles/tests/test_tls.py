# SPDX-License-Identifier: Apache-2.0
"""A database that takes TLS only, and what the libraries of the real images make of its certificate."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .backends import PostgreSQL

TREE = Path(__file__).resolve().parents[1]
OPEN = "from neursafe_fl.python.libs.db import open_or_exit; open_or_exit(); print('opened')"


def certificates(folder: Path, names: str) -> tuple[str, str]:
    """An authority in folder/ca.crt, and a certificate for these names with its key."""
    subprocess.run(
        f"""set -e
        openssl ecparam -name prime256v1 -genkey -noout -out ca.key
        openssl req -x509 -new -key ca.key -subj /CN=authority -days 2 -addext keyUsage=critical,keyCertSign -out ca.crt
        openssl ecparam -name prime256v1 -genkey -noout -out server.key
        echo subjectAltName={names} >server.ext
        openssl req -new -key server.key -subj /CN=database-node-1 |
            openssl x509 -req -CA ca.crt -CAkey ca.key -set_serial 7 -days 2 -extfile server.ext -out server.crt""",
        shell=True,
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return (folder / "server.crt").read_text(), (folder / "server.key").read_text()


@pytest.fixture(params=["IP:127.0.0.1,DNS:node-1,DNS:127.0.0.1"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PostgreSQL]:
    if not PostgreSQL.program("postgres"):
        pytest.skip("PostgreSQL is not installed")
    running = PostgreSQL(*certificates(tmp_path, request.param))
    yield running
    running.stop()


def open_it(server: PostgreSQL, **trust: str) -> str:
    where = {"DB_TYPE": "postgreSQL", "DB_ADDRESS": f"127.0.0.1:{server.port}", "DB_NAME": server.create_database(), "DB_USERNAME": "fl"}
    environment = {**where, "DB_PASSWORD": "secret", "DB_COLLECTION_NAME": "jobs", "PYTHONPATH": str(TREE), **trust}
    run = subprocess.run([sys.executable, "-c", OPEN], env=environment, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def test_it_is_known_by_its_authority(server: PostgreSQL, tmp_path: Path) -> None:
    assert "opened" in open_it(server, PGSSLMODE="verify-full", PGSSLROOTCERT=str(tmp_path / "ca.crt"))


def test_plain_connections_are_refused(server: PostgreSQL) -> None:
    assert "no encryption" in open_it(server, PGSSLMODE="disable")


def test_another_authority_is_refused(server: PostgreSQL, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    certificates(other, "DNS:other")
    assert "certificate verify failed" in open_it(server, PGSSLMODE="verify-full", PGSSLROOTCERT=str(other / "ca.crt"))


@pytest.mark.parametrize("server", ["IP:127.0.0.1,DNS:node-1"], indirect=True)
def test_an_address_that_is_no_name_of_a_host_is_refused(server: PostgreSQL, tmp_path: Path) -> None:
    """As by libpq 11, though the one at hand is newer."""
    said = open_it(server, PGSSLMODE="verify-full", PGSSLROOTCERT=str(tmp_path / "ca.crt"))
    assert 'server certificate for "node-1" does not match host name "127.0.0.1"' in said
