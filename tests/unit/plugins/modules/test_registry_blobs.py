# SPDX-License-Identifier: Apache-2.0
"""Blobs of a registry that gives tokens which hold for a few requests only, as those of public ones do for a few minutes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._registry import Registry, RegistryError


class Handler(BaseHTTPRequestHandler):
    """`uses` are left of the token that was given last; `given` counts them."""

    uses = 0
    given = 0
    refuses = False

    def do_GET(self) -> None:
        of_class = type(self)
        if self.path.startswith("/token"):
            of_class.given, of_class.uses = of_class.given + 1, 2
            self._answer(200, b'{"token": "number-%d"}' % of_class.given)
        elif self.headers.get("Authorization") == f"Bearer number-{of_class.given}" and of_class.uses and not of_class.refuses:
            of_class.uses -= 1
            self._answer(200, b"blob")
        else:
            self._answer(401, b"", f'Bearer realm="http://{self.headers["Host"]}/token",service="test"')

    def _answer(self, status: int, body: bytes, challenge: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def handler() -> Iterator[tuple[type[Handler], Registry]]:
    bound = type("Bound", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    threading.Thread(target=server.serve_forever, daemon=True, args=(0.05,)).start()
    yield bound, Registry(f"127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


def test_a_token_that_has_expired_is_asked_for_anew(handler: tuple[type[Handler], Registry]) -> None:
    bound, registry = handler
    for _turn in range(5):
        with registry.blob("fl/app", "sha256:0") as answer:
            assert answer.read() == b"blob"
    assert bound.given == 3


def test_a_refusal_is_not_asked_about_for_ever(handler: tuple[type[Handler], Registry]) -> None:
    bound, registry = handler
    bound.refuses = True
    with pytest.raises(RegistryError, match="refuses to give sha256:0 of fl/app: HTTP 401 for no user"):
        registry.blob("fl/app", "sha256:0")
    assert bound.given == 2
