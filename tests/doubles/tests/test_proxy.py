# SPDX-License-Identifier: Apache-2.0
"""The proxy's image under the sample nginx.conf."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from neursafe_fl.python.libs import rpc

from .machinery import Dns, Proxy, free_port, wait_until

HEADERS = {"token": "tok", "module-id": "m", "module-service": "default-m:7"}


@pytest.fixture
def start(tmp_path: Path, proxy_image: str) -> Iterator[Any]:
    started: list[Proxy] = []
    dns = Dns()

    def make(selector: str = f"127.0.0.1:{free_port()}", **options: Any) -> Proxy:
        started.append(Proxy(tmp_path, proxy_image, selector, f"nameserver {dns.address}\n", **options))
        return started[-1]

    yield make
    for proxy in started:
        proxy.stop()
    dns.stop()


def ask(proxy: Proxy, method: str, path: str = "/api/v1/internal/routers", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{proxy.http}{path}", method=method, headers={**HEADERS, **headers})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_routers(start: Any) -> None:
    proxy = start().ready()
    assert ask(proxy, "GET", "/api/v1/health") == (200, "OK\n")
    assert ask(proxy, "GET")[0] == 404
    assert ask(proxy, "PUT")[0] == 404
    assert ask(proxy, "POST")[0] == 200
    assert ask(proxy, "GET") == (200, "default-m:7\n")
    assert ask(proxy, "PATCH")[0] == 405
    for token in ("", "other", "Fl-ZTE"):
        assert ask(proxy, "POST", token=token)[0] == 401
    assert ask(proxy, "DELETE")[0] == 200
    assert ask(proxy, "DELETE")[0] == 404


def test_token_is_hidden_without_an_env_line(start: Any) -> None:
    proxy = start(edit=lambda text: text.replace("env TOKEN;", "")).ready()
    assert ask(proxy, "POST")[0] == 401
    assert ask(proxy, "POST", token="Fl-ZTE")[0] == 200


def test_selector_must_resolve_at_start(start: Any) -> None:
    proxy = start("nsfl-client-selector:50055")
    wait_until("end of nginx", lambda: "host not found in upstream" in proxy.log())


def test_calls(start: Any) -> None:
    """/ClientService goes to the selector, the rest by module-id."""
    port, other = free_port(), free_port()
    selector = rpc.serve(f"127.0.0.1:{port}", {"ClientService": {"Register": lambda message: {"who": "selector"}}})
    coordinator = rpc.serve(f"127.0.0.1:{other}", {"TrainReplyService": {"TrainReply": lambda message: {"who": "coordinator"}}})
    proxy = start(f"127.0.0.1:{port}").ready()
    address = f"127.0.0.1:{proxy.grpc}"
    assert rpc.call(address, "/ClientService/Register", {}) == {"who": "selector"}
    for service, answer in ((f"default-m:{other}", None), (f"127.0.0.1:{other}", None), ("default-m:1", "UNAVAILABLE")):
        ask(proxy, "POST", **{"module-service": service})
        try:
            assert rpc.call(address, "/TrainReplyService/TrainReply", {}, "m") == {"who": "coordinator"} and not answer
        except rpc.Error as error:
            assert error.code().name == answer
    with pytest.raises(rpc.Error) as caught:
        rpc.call(address, "/TrainReplyService/TrainReply", {}, "unknown")
    assert caught.value.code().name == "UNAVAILABLE"  # gRPC's word for HTTP 502
    selector.stop(0)
    coordinator.stop(0)
