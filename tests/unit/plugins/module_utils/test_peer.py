# SPDX-License-Identifier: Apache-2.0
"""A server whose certificate does not hold (F37): its names, end and issuer are told, and nothing is sent to it."""

from __future__ import annotations

import datetime
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _object_store_api as store_api
from ansible_collections.neursafe.fl.plugins.module_utils._endpoints import ask_all, silent
from ansible_collections.neursafe.fl.plugins.module_utils._peer import shown
from ansible_collections.neursafe.fl.plugins.module_utils._registry import Registry, RegistryError
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import make_authority, make_certificate
from tls_server import Server, ended

NOW = datetime.datetime.now(datetime.UTC)
LONG_AGO = NOW - datetime.timedelta(days=30)


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    names, start = request.param
    authority = make_authority(start - datetime.timedelta(days=1))
    made = make_certificate(authority, "object-store-node-1", names, 20, start, False)
    (tmp_path / "server.pem").write_text(made.key + made.certificate)
    (tmp_path / "ca.crt").write_text(authority.certificate)
    (tmp_path / "other.crt").write_text(make_authority(NOW - datetime.timedelta(days=2)).certificate)
    running = Server(tmp_path / "server.pem")
    yield running
    running.close()


GOOD, ELSEWHERE, EXPIRED = (["127.0.0.1"], NOW), (["10.0.0.5", "node-1"], NOW), (["127.0.0.1"], LONG_AGO)
SEEN = r"the certificate there is for CN=object-store-node-1 \(names {}\), valid until \d{{4}}-\d\d-\d\d \d\d:\d\d UTC, signed by CN=Neu"
WRONG = [
    pytest.param(ELSEWHERE, "ca.crt", "IP address mismatch", r"10\.0\.0\.5, node-1", id="another name"),
    pytest.param(EXPIRED, "ca.crt", "certificate has expired", r"127\.0\.0\.1", id="expired"),
    pytest.param(GOOD, "other.crt", "unable to get local issuer certificate", r"127\.0\.0\.1", id="another authority"),
]


def ask(server: Server, ca_path: Path) -> list[str]:
    check = {"name": "store", "url": server.url, "method": "GET", "headers": {"token": "secret"}, "status": [200], "search": ""}
    return silent(ask_all({"checks": [check], "timeout": 5, "validate_certs": True, "ca_path": str(ca_path)}, wait=30))


@pytest.mark.parametrize("server", [GOOD], indirect=True)
def test_one_that_holds_is_taken(server: Server, tmp_path: Path) -> None:
    assert ask(server, tmp_path / "ca.crt") == []
    assert len(server.said) == 1


@pytest.mark.parametrize(("server", "authority", "reason", "names"), WRONG, indirect=["server"])
def test_an_endpoint_that_is_not_trusted(server: Server, tmp_path: Path, authority: str, reason: str, names: str) -> None:
    (told,) = ask(server, tmp_path / authority)
    assert told.startswith(f"store ({server.url}): its certificate does not hold ({reason}")
    with pytest.raises(ValueError, match=SEEN.format(names)):
        raise ValueError(told)
    assert server.said == []


@pytest.mark.parametrize(("server", "authority", "reason", "names"), WRONG, indirect=["server"])
def test_a_registry_that_is_not_trusted(server: Server, tmp_path: Path, authority: str, reason: str, names: str) -> None:
    host = server.url.removeprefix("https://")
    registry = Registry(host, "fl", "secret", scheme="https", ca_path=str(tmp_path / authority))
    with pytest.raises(RegistryError, match=rf"registry {host}: its certificate .*{reason}.*{SEEN.format(names)}.*\); (name|have|give) "):
        registry.ping()
    assert server.said == []


def look(server: Server, ca_path: Path) -> store_api.StoreError:
    params: dict[str, Any] = {"endpoint": server.url, "access_key": "key", "secret_key": "secret", "region": "", "ca_path": str(ca_path)}
    params |= {"validate_certs": True, "timeout": 5, "labels": {"endpoint": "nsfl_s3_endpoint"}}
    try:
        store_api.store_of(params).s3.list_buckets()
    except store_api.failures() as error:
        return store_api.explain(error, params["endpoint"], params["labels"], params["ca_path"])
    raise AssertionError("it was trusted")


@pytest.mark.parametrize(("server", "authority", "reason", "names"), WRONG, indirect=["server"])
def test_an_object_store_that_is_not_trusted(server: Server, tmp_path: Path, authority: str, reason: str, names: str) -> None:
    trouble = look(server, tmp_path / authority)
    assert not trouble.unreachable
    with pytest.raises(
        store_api.StoreError, match=rf"nsfl_s3_endpoint: the certificate of {server.url} is not accepted .*{reason}.*{SEEN.format(names)}"
    ):
        raise trouble
    assert server.said == []


@pytest.mark.parametrize("server", [GOOD], indirect=True)
def test_an_authority_that_is_still_to_be_made(server: Server, tmp_path: Path) -> None:
    trouble = look(server, tmp_path / "to-come.crt")
    assert trouble.unreachable
    assert f"there is no file {tmp_path}/to-come.crt with the CA" in str(trouble)
    assert server.said == []


def test_a_store_that_speaks_no_tls_yet(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(make_authority(NOW).certificate)
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            while True:
                try:
                    connection, _peer = plain.accept()
                except OSError:
                    return
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        server = Server.__new__(Server)
        server.url = f"https://127.0.0.1:{plain.getsockname()[1]}"
        trouble = look(server, tmp_path / "ca.crt")
        ended(plain, thread)
    assert trouble.unreachable
    assert "speaks no TLS" in str(trouble)


def test_what_is_not_there_says_nothing() -> None:
    assert shown("https://127.0.0.1:1") == ""
