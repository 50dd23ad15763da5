# SPDX-License-Identifier: Apache-2.0
"""Runs nsfl-ctl, which speaks nothing but plain HTTP, beside relays that speak HTTPS.

relay.py SERVER,... COMMAND...   in a container of the tool's image, whose Python may be 3.7

Each SERVER is a key of the tool's configuration: `api_server`, of which the tool knows no user either, or `data_server`. The tool gets a
configuration of its own, in which they are relays. The container ends with the tool, and the relays with both.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import http.server
import json
import os
import ssl
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

# The configuration of the host, and what the tool reads.
GIVEN, READ = "/etc/neursafe_fl/nsfl.json", "/etc/nsfl.json"
# What messages call each, and the seconds that it may take: an upload is answered when the object store has it.
SERVERS = {"api_server": ("API server", 60), "data_server": ("data server", 600)}
# Those of one connection.
OWN_HEADERS = {"connection", "expect", "host", "keep-alive", "transfer-encoding", "upgrade"}
# They name a place on the relay as the tool sees it, or on the server as that sees itself. Only the path is right for both.
PLACES = {"destination", "location"}
PIECE = 1 << 16


class Server:
    """One that is known by the authority beside this file; without one, by the system's. The account there is the API server's."""

    def __init__(self, key: str, address: str, folder: Path) -> None:
        self.address, self.setting = address, f"nsfl_cli_{key}"
        self.name, self._seconds = SERVERS[key]
        self.wants_user = key == "api_server"
        self.account = _account(folder) if self.wants_user else []
        authority = folder / "ca.crt"
        self._context = ssl.create_default_context(cafile=str(authority) if authority.exists() else None)

    @contextlib.contextmanager
    def answer(
        self, method: str, path: str, headers: list[tuple[str, str]], body: Iterator[bytes] | None
    ) -> Iterator[http.client.HTTPResponse]:
        """What it says, whose content is still to be read. A body without a length goes in chunks."""
        connection = http.client.HTTPSConnection(self.address, timeout=self._seconds, context=self._context)
        with contextlib.closing(connection):
            connection.connect()
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers + self.account:
                connection.putheader(name, value)
            chunked = body is not None and not any(name.lower() == "content-length" for name, _value in headers)
            if chunked:
                connection.putheader("Transfer-Encoding", "chunked")
            try:
                connection.endheaders(body, encode_chunked=chunked)
            except (BrokenPipeError, ConnectionResetError):
                # Whoever refuses need not have heard the whole body; then the answer is there.
                if body is None:
                    raise
            yield connection.getresponse()


def _account(folder: Path) -> list[tuple[str, str]]:
    account = json.loads((folder / "account.json").read_text(encoding="utf-8"))
    words = "{username}:{password}".format(**account).encode()
    return [("Authorization", "Basic " + base64.b64encode(words).decode())] if account["password"] else []


class Relay(http.server.ThreadingHTTPServer):
    """Listens where only this host comes."""

    def __init__(self, peer: Server) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.peer = peer

    def handle_error(self, *_of: object) -> None:
        """A tool that has gone away hears nothing more, and nobody else is there to tell."""


class Request(http.server.BaseHTTPRequestHandler):
    """One, which is handed on and answered piece by piece."""

    protocol_version = "HTTP/1.1"
    server: Relay

    def relay(self) -> None:
        self.close_connection = True
        peer, begun = self.server.peer, False
        # An account is shown in place of the tool's, and chunks have no length.
        left_out = {"authorization"} if peer.account else set()
        left_out |= {"content-length"} if "Transfer-Encoding" in self.headers else set()
        body, headers = self._body(), _handed_on(self.headers.items(), left_out)
        try:
            with peer.answer(self.command, self.path, headers, body) as answer:
                if answer.status == http.client.UNAUTHORIZED and peer.wants_user:
                    self._fail(body, answer.status, "it refuses the user; see nsfl_cli_api_username, and run cli.yml again")
                    return
                deque(body or (), maxlen=0)  # nobody hears an answer before the end of what they say
                begun = True
                self._hand_back(answer)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if begun:
                raise  # the tool sees that the end is missing
            self._fail(body, http.client.BAD_GATEWAY, f"{error}; see {peer.setting} and nsfl_cli_api_ca_file")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_MKCOL = do_PROPFIND = do_MOVE = do_COPY = relay

    def log_message(self, *_words: object) -> None:
        """What the tool says is enough."""

    def _body(self) -> Iterator[bytes] | None:
        if "Transfer-Encoding" in self.headers:
            return self._chunks()
        return self._pieces(int(self.headers["Content-Length"])) if "Content-Length" in self.headers else None

    def _pieces(self, left: int) -> Iterator[bytes]:
        while left:
            piece = self.rfile.read(min(left, PIECE))
            if not piece:
                raise ValueError("the request has no end")
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = int(self.rfile.readline().partition(b";")[0], 16)
            if not size:
                break
            yield from self._pieces(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # headers that come last

    def _hand_back(self, answer: http.client.HTTPResponse) -> None:
        # Without a length it is told by chunks where the content ends.
        chunked = answer.length is None
        self.send_response_only(answer.status, answer.reason)
        end = [("Transfer-Encoding", "chunked")] if chunked else []
        for name, value in [*_handed_on(answer.getheaders(), set()), *end, ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        while True:
            piece = answer.read(PIECE) if answer.length != 0 else b""
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if not piece:
                break

    def _fail(self, body: Iterator[bytes] | None, status: int, what: str) -> None:
        """As the server's own answer, and said to the user: the tool need not show it."""
        reason = f"{self.server.peer.name} {self.server.peer.address}: {what}"
        sys.stderr.write(f"nsfl-ctl: {reason}\n")
        deque(body or (), maxlen=0)
        content = json.dumps({"state": "FAILED", "reason": reason}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content if self.command != "HEAD" else b"")


def _handed_on(headers: list[tuple[str, str]], left_out: set[str]) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in headers if name.lower() not in OWN_HEADERS | left_out]
    return [(name, urlsplit(value)._replace(scheme="", netloc="").geturl() if name.lower() in PLACES else value) for name, value in kept]


def main(servers: list[str], command: list[str], folder: Path) -> None:
    config = json.loads(Path(GIVEN).read_text(encoding="utf-8"))
    relays = {key: Relay(Server(key, config[key], folder)) for key in servers}
    config.update({key: f"127.0.0.1:{relay.server_port}" for key, relay in relays.items()})
    os.umask(0o077)
    Path(READ).write_text(json.dumps(config), encoding="utf-8")
    # The tool is the one that the container waits for, and that signals and the terminal belong to.
    if os.fork() == 0:
        for relay in relays.values():
            threading.Thread(target=relay.serve_forever).start()
    else:
        os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1].split(","), sys.argv[2:], Path(__file__).resolve().parent)
