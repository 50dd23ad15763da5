# SPDX-License-Identifier: Apache-2.0
"""A way to a server that can be cut: it passes on what is sent, up to a limit, and then closes everything."""

from __future__ import annotations

import contextlib
import socket
import threading


class CutWay:
    """Listens on a free port of the loopback interface; `limit` is the number of bytes that still get to the server, None for all."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.port: int = self._listener.getsockname()[1]
        self.limit: int | None = None

    def __enter__(self) -> CutWay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        _close(self._listener)
        self._close_all()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                if self.limit is not None and self.limit <= 0:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._server))
                self._open |= {near, far}
                threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted and self.limit is not None:
                    self.limit -= len(data)
                    if self.limit <= 0:
                        self._close_all()
                        return
                target.sendall(data)
        _close(source, target)

    def _close_all(self) -> None:
        _close(*self._open)
        self._open.clear()


def _close(*sockets: socket.socket) -> None:
    """The other side is told at once: a socket that a thread still reads from is not closed by `close` alone."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
