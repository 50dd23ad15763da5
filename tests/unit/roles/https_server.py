# SPDX-License-Identifier: Apache-2.0
"""Stands for API server and data server behind the relays of nsfl-ctl: HTTPS, an account, and answers of any size."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple


class Asked(NamedTuple):
    method: str
    path: str
    headers: Message
    # A long one by its digest.
    body: str


class HttpsServer(ThreadingHTTPServer):
    """Keeps what it is asked, and lets in who shows the account."""

    def __init__(self, pem: Path, account: str) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.asked: list[Asked] = []
        self.expected = basic(account)
        self.content = b'{"state": "SUCCEEDED"}'
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses the certificate goes away."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HttpsServer

    def _answer(self) -> None:
        self.close_connection = True
        known = self.headers.get("Authorization") == self.server.expected
        if not known and "hasty" in self.path:
            self._say(401, b"no")
            return
        self.server.asked.append(Asked(self.command, self.path, self.headers, told(self._body())))
        if not known:
            self._say(401, b"who are you?\n", [("WWW-Authenticate", "Digest"), ("WWW-Authenticate", "Basic")])
        elif self.command == "DELETE":
            self._say(204)
        elif self.command == "GET" and "broken" in self.path:
            self._say(200, self.server.content[:10], chunked=True, whole=False)
        else:
            self._say(201, self.server.content, [("Location", f"http://inside{self.path}")], chunked="chunked" in self.path)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_MKCOL = do_PROPFIND = do_MOVE = do_COPY = _answer

    def _body(self) -> bytes:
        if "Transfer-Encoding" not in self.headers:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return bytes(body)

    def _say(
        self, status: int, content: bytes = b"", headers: list[tuple[str, str]] | None = None, chunked: bool = False, whole: bool = True
    ) -> None:
        self.send_response(status)
        length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(content)))
        for name, value in [("Content-Type", "application/json"), *(headers or []), *([length] if status != 204 else [])]:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if chunked:
            content = b"%x\r\n%s\r\n" % (len(content), content) + (b"0\r\n\r\n" if whole else b"")
        self.wfile.write(content)

    def log_message(self, *_words: Any) -> None:
        pass


def basic(account: str) -> str:
    return "Basic " + base64.b64encode(account.encode()).decode()


def told(content: bytes) -> str:
    return content.decode() if len(content) < 1000 else sha256(content).hexdigest()


@contextmanager
def serving(pem: Path, account: str) -> Iterator[HttpsServer]:
    server = HttpsServer(pem, account)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
