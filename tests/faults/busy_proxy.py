# SPDX-License-Identifier: Apache-2.0
"""A proxy that passes requests on and refuses each N-th with 503, as a busy store does, under the store's own certificate.

busy_proxy.py PORT ADDRESS PORT-OF-THE-STORE N
"""

from __future__ import annotations

import http.client
import itertools
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, ADDRESS, STORE, EACH = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
CERTIFICATES = "/etc/neursafe_fl/minio-certs"
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
# What belongs to one connection and not to the answer.
OWN = ("connection", "transfer-encoding", "content-length", "keep-alive")
count = itertools.count(1)


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if next(count) % EACH == 0:
            print("503", self.command, self.path, flush=True)
            self._send(503, [("Content-Type", "application/xml")], BUSY)
            return
        trusted = ssl.create_default_context(cafile=f"{CERTIFICATES}/CAs/ca.crt")
        way = http.client.HTTPSConnection(ADDRESS, int(STORE), timeout=60, context=trusted)
        way.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            way.putheader(name, value)
        way.endheaders(body)
        answer = way.getresponse()
        content = answer.read()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in OWN]
        self._send(answer.status, headers, content, answer.getheader("Content-Length"))
        way.close()

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes, length: str | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        # Of a HEAD the length is that of what a GET would bring.
        self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer

    def log_message(self, *_arguments: object) -> None:
        pass


server = ThreadingHTTPServer(("", int(PORT)), Proxy)
own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
own.load_cert_chain(f"{CERTIFICATES}/public.crt", f"{CERTIFICATES}/private.key")
# The handshake belongs to the thread of its connection.
server.socket = own.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
