# SPDX-License-Identifier: Apache-2.0
"""Runs nsfl-ctl, which speaks plain HTTP and knows no user of the API server, beside a relay that speaks HTTPS and knows one.

relay.py COMMAND...   in a container of the tool's image, whose Python may be 3.7

The tool gets a configuration of its own, in which the API server is the relay. The container ends with the tool, and the relay with both.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import os
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path

# The configuration of the host, and what the tool reads.
GIVEN, READ = "/etc/neursafe_fl/nsfl.json", "/etc/nsfl.json"
# Those of one connection, and what the connection to the API server gets anew.
OWN_HEADERS = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"}
SECONDS = 60


class ApiServer:
    """The account, and the authority that the API server is known by, lie beside this file; without the latter the system's count."""

    def __init__(self, address: str, folder: Path) -> None:
        account = json.loads((folder / "account.json").read_text(encoding="utf-8"))
        words = "{username}:{password}".format(**account).encode()
        self.address = address
        self._headers = {"Authorization": "Basic " + base64.b64encode(words).decode()} if account["password"] else {}
        authority = folder / "ca.crt"
        self._context = ssl.create_default_context(cafile=str(authority) if authority.exists() else None)

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        """Its status, headers and content."""
        connection = http.client.HTTPSConnection(self.address, timeout=SECONDS, context=self._context)
        try:
            connection.request(method, path, body, {**headers, **self._headers})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class Relay(http.server.ThreadingHTTPServer):
    """Listens where only this host comes."""

    def __init__(self, api_server: ApiServer) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.api_server = api_server


class Request(http.server.BaseHTTPRequestHandler):
    """One, which is handed on."""

    server: Relay

    def relay(self) -> None:
        peer = self.server.api_server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, headers, content = peer.ask(self.command, self.path, body, _handed_on(self.headers.items()))
        except (OSError, http.client.HTTPException) as error:
            status, headers, content = self._failure(502, f"{error}; see nsfl_cli_api_server and nsfl_cli_api_ca_file")
        if status == 401:
            status, headers, content = self._failure(401, "it refuses the user; see nsfl_cli_api_username, and run cli.yml again")
        self.send_response(status)
        for name, value in _handed_on(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = relay

    def log_message(self, *_words: object) -> None:
        """What the tool says is enough."""

    def _failure(self, status: int, what: str) -> tuple[int, list[tuple[str, str]], bytes]:
        """As the API server's own, and said to the user: the tool need not show it."""
        reason = f"API server {self.server.api_server.address}: {what}"
        sys.stderr.write(f"nsfl-ctl: {reason}\n")
        return status, [("Content-Type", "application/json")], json.dumps({"state": "FAILED", "reason": reason}).encode()


def _handed_on(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in OWN_HEADERS}


def main(command: list[str], folder: Path) -> None:
    config = json.loads(Path(GIVEN).read_text(encoding="utf-8"))
    relay = Relay(ApiServer(config["api_server"], folder))
    config["api_server"] = f"127.0.0.1:{relay.server_port}"
    os.umask(0o077)
    Path(READ).write_text(json.dumps(config), encoding="utf-8")
    # The tool is the one that the container waits for, and that signals and the terminal belong to.
    if os.fork() == 0:
        relay.serve_forever()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:], Path(__file__).resolve().parent)
