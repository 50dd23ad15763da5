# SPDX-License-Identifier: Apache-2.0
"""A server with a certificate, for tests of those who look at it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path


def ended(listening: socket.socket, thread: threading.Thread) -> None:
    """A thread that still waits for connections would take those of whoever has the number of the closed socket next."""
    listening.shutdown(socket.SHUT_RDWR)
    thread.join()
    listening.close()


class Server:
    """Shows a certificate, and keeps what clients say after the handshake. `asked` is what a client has to say before it, if anything."""

    def __init__(self, pem: Path, asked: bytes = b"") -> None:
        self.said: list[bytes] = []
        self._asked = asked
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _peer = self._socket.accept()
            except OSError:
                return
            plain.settimeout(2)
            if self._asked:
                plain.sendall(b"S" if plain.recv(len(self._asked)) == self._asked else b"N")
            with contextlib.suppress(OSError), self._context.wrap_socket(plain, server_side=True) as secure:
                if said := secure.recv(1000):
                    self.said.append(said)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK")

    def close(self) -> None:
        ended(self._socket, self._thread)
