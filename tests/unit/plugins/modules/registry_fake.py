# SPDX-License-Identifier: Apache-2.0
"""A registry in a thread and a builder in shell that pushes into it: a tag, a digest or a blob is a file, its content what is answered."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ACCOUNT = ("fl", "pass: w%rd")

DOCKER = """\
#!/bin/sh
echo "$@" >> {folder}/calls
case "$1" in
  version) echo 27 ;;
  buildx) exit 1 ;;
  build)
    cat "$DOCKER_CONFIG/config.json" > {folder}/account 2>/dev/null
    while [ "$1" != --file ]; do shift; done
    if [ -e {folder}/fails ] && grep -q "$(cat {folder}/fails)" "$2"; then
      for line in $(seq 1 40); do echo "line $line"; done; echo "no space left on device"; exit 1
    fi ;;
  push)
    name="${{2#*/}}"; mkdir -p "{folder}/registry/${{name%:*}}"
    cat "$DOCKER_CONFIG/config.json" > {folder}/account 2>/dev/null
    echo "$name $(date +%N)" > "{folder}/registry/${{name%:*}}/${{name##*:}}" ;;
esac
"""


def install_builder(folder: Path) -> Path:
    """Write the builder; it notes its calls in `calls`."""
    path = folder / "docker"
    path.write_text(DOCKER.format(folder=folder))
    path.chmod(0o755)
    return path


def calls(folder: Path, word: str) -> list[str]:
    """The calls of one of the builder's commands."""
    noted = folder / "calls"
    return [line for line in noted.read_text().splitlines() if line.split()[0] == word] if noted.exists() else []


class Server(ThreadingHTTPServer):
    # All images are asked for at once; on a busy machine the five connections of the default would be too few.
    request_queue_size = 64


class Handler(BaseHTTPRequestHandler):
    """The calls that the modules make; `folder` is set by a subclass. What was asked for is noted in `asked`.

    A file NAME.moved names the place where NAME is.
    """

    folder: Path
    asked: list[str]

    def _allowed(self) -> bool:
        wanted = "Basic " + base64.b64encode(":".join(ACCOUNT).encode()).decode()
        if not (self.folder / "locked").exists() or self.headers.get("Authorization") == wanted:
            return True
        self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="fake"'})
        return False

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _path(self) -> Path:
        return self.folder / "registry" / self.path.removeprefix("/v2/").replace("/manifests/", "/").replace("/blobs/", "/")

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}{' with an account' if self.headers.get('Authorization') else ''}")
        if not self._allowed():
            return
        if self.path == "/v2/":
            self._answer(200, b"{}", {})
        elif (moved := self._path().with_suffix(".moved")).is_file():
            self._answer(307, b"", {"Location": moved.read_text()})
        elif not self._path().is_file():
            self._answer(404, b"", {})
        else:
            body = self._path().read_bytes()
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            self._answer(200, body, {"Docker-Content-Digest": digest, "Content-Type": "application/x-fake"})

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        if self._allowed():
            self._path().write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(201, b"", {})

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def registry(folder: Path, asked: list[str] | None = None) -> Iterator[str]:
    """Serve what is below `folder`/registry; gives host:port. Wants ACCOUNT when the file `locked` exists."""

    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"folder": folder, "asked": [] if asked is None else asked}))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
