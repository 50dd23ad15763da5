# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: as much of WebDAV as a job's files take: one account, the whole tree, folders made one by one."""

from __future__ import annotations

import base64
import logging
import os
import shutil
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

METHODS = ("OPTIONS", "GET", "HEAD", "PUT", "DELETE", "MKCOL", "PROPFIND")


class Requests(BaseHTTPRequestHandler):
    """Of one server: `handler` says which tree, and whose."""

    protocol_version = "HTTP/1.1"
    root = account = ""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != self.account:
            self.reply(401, headers={"WWW-Authenticate": 'Basic realm="/"'})
            return
        path = os.path.normpath(os.path.join(self.root, unquote(urlsplit(self.path).path).lstrip("/")))
        if path != self.root and not path.startswith(self.root.rstrip("/") + "/"):
            self.reply(403)
            return
        try:
            getattr(self, self.command.lower())(path, body)
        except OSError:
            logging.exception("%s %s", self.command, self.path)
            self.reply(500)

    def reply(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def options(self, _path: str, _body: bytes) -> None:
        self.reply(200, headers={"DAV": "1", "Allow": ", ".join(METHODS)})

    def get(self, path: str, _body: bytes) -> None:
        if os.path.isdir(path):
            self.reply(200, "\n".join(sorted(os.listdir(path))).encode())
        elif os.path.isfile(path):
            with open(path, "rb") as stream:
                self.reply(200, stream.read())
        else:
            self.reply(404)

    head = get

    def put(self, path: str, body: bytes) -> None:
        """A folder that is not there is not made."""
        if os.path.isdir(path):
            self.reply(405)
        elif not os.path.isdir(os.path.dirname(path)):
            self.reply(409)
        else:
            status = 204 if os.path.exists(path) else 201
            with open(path, "wb") as stream:
                stream.write(body)
            self.reply(status)

    def mkcol(self, path: str, _body: bytes) -> None:
        if os.path.exists(path):
            self.reply(405)
        elif not os.path.isdir(os.path.dirname(path)):
            self.reply(409)
        else:
            os.mkdir(path)
            self.reply(201)

    def delete(self, path: str, _body: bytes) -> None:
        if path == self.root:
            self.reply(403)
        elif os.path.isdir(path):
            shutil.rmtree(path)
            self.reply(204)
        elif os.path.exists(path):
            os.remove(path)
            self.reply(204)
        else:
            self.reply(404)

    def propfind(self, path: str, _body: bytes) -> None:
        if not os.path.exists(path):
            self.reply(404)
            return
        found = [path]
        if self.headers.get("Depth", "1") != "0" and os.path.isdir(path):
            found += [os.path.join(path, name) for name in sorted(os.listdir(path))]
        parts = "".join(entry(self.root, item) for item in found)
        content = f'<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">{parts}</D:multistatus>'
        self.reply(207, content.encode(), {"Content-Type": "application/xml; charset=utf-8"})

    def log_message(self, form: str, *args: Any) -> None:
        logging.debug(form, *args)


for method in METHODS:
    setattr(Requests, f"do_{method}", Requests.answer)


def handler(root: str, user: str, password: str) -> type[Requests]:
    account = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return type("Serving", (Requests,), {"root": root, "account": account})


def entry(root: str, path: str) -> str:
    """One thing in the answer to PROPFIND."""
    folder = os.path.isdir(path)
    href = "/" + quote(os.path.relpath(path, root)) if path != root else "/"
    kind = "<D:collection/>" if folder else ""
    size = "" if folder else f"<D:getcontentlength>{os.path.getsize(path)}</D:getcontentlength>"
    return (
        f"<D:response><D:href>{escape(href + ('/' if folder and path != root else ''))}</D:href><D:propstat><D:prop>"
        f"<D:resourcetype>{kind}</D:resourcetype>{size}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
