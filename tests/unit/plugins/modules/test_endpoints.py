# SPDX-License-Identifier: Apache-2.0
"""The module endpoints against a server of ours."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.modules import endpoints
from module_call import answer_of


class Handler(BaseHTTPRequestHandler):
    """/late answers 503 twice first, /slow takes half a second, /moved redirects, all else is OK in JSON."""

    asked = 0

    def log_message(self, *arguments: object) -> None:
        return

    def do_GET(self) -> None:
        status = 200
        if self.path == "/late":
            Handler.asked += 1
            status = 200 if Handler.asked > 2 else 503
        elif self.path == "/slow":
            time.sleep(0.5)
        elif self.path in ("/missing", "/moved"):
            status = {"/missing": 404, "/moved": 302}[self.path]
        body = b'{"state": "OK"}'
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.do_GET()


@pytest.fixture
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(capsys: pytest.CaptureFixture[str], *checks: Mapping[str, object], **options: object) -> dict[str, Any]:
    named = [{"name": f"part {number}", **check} for number, check in enumerate(checks)]
    return answer_of(endpoints, capsys, {"checks": named, **options})


def test_all_that_is_right_is_told(capsys: pytest.CaptureFixture[str], base: str) -> None:
    checks: list[dict[str, object]] = [
        {"url": f"http://{base}/", "search": "OK"},
        {"url": f"http://{base}/missing", "status": [200, 404]},
        {"url": f"http://{base}/missing", "method": "PUT", "status": [404]},
        {"url": f"tcp://{base}"},
    ]
    result = ask(capsys, *checks)
    assert "failed" not in result and [answer["status"] for answer in result["answers"]] == [200, 404, 404, 0]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ({"url": "http://{}/missing"}, 'answered 404, not 200: {"state": "OK"}'),
        ({"url": "http://{}/", "search": "READY"}, "but not with 'READY'"),
        ({"url": "http://{}/moved"}, "answered 302, not 200"),
        ({"url": "http://127.0.0.1:1/"}, "no answer: [Errno 111] Connection refused"),
        ({"url": "tcp://127.0.0.1:1"}, "no answer: [Errno 111] Connection refused"),
        ({"url": "http://no.such.host.invalid/"}, "no answer: "),
    ],
)
def test_what_is_wrong_is_named(capsys: pytest.CaptureFixture[str], base: str, check: dict[str, str], words: str) -> None:
    result = ask(capsys, {**check, "url": check["url"].format(base)})
    assert result["failed"] and words in str(result["msg"]) and "part 0" in str(result["msg"])


def test_a_port_that_speaks_something_else_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _address = server.accept()
            connection.sendall(b"220 mail.example ready\r\n")
            connection.close()

        threading.Thread(target=greet, daemon=True).start()
        result = ask(capsys, {"url": f"http://127.0.0.1:{server.getsockname()[1]}/"})
    assert result["failed"] and "no answer: " in str(result["msg"])


def test_one_that_comes_up_late_is_waited_for(capsys: pytest.CaptureFixture[str], base: str) -> None:
    Handler.asked = 0
    assert "failed" not in ask(capsys, {"url": f"http://{base}/late"}, wait=20)


def test_check_mode_asks_once_and_never_fails(capsys: pytest.CaptureFixture[str]) -> None:
    result = ask(capsys, {"url": "tcp://127.0.0.1:1"}, wait=20, _ansible_check_mode=True)
    assert "failed" not in result and "refused" in result["answers"][0]["trouble"]


def test_they_are_asked_at_the_same_time(capsys: pytest.CaptureFixture[str], base: str) -> None:
    started = time.monotonic()
    ask(capsys, *[{"url": f"http://{base}/slow"}] * 6)
    assert time.monotonic() - started < 2.5
