# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: a small JSON server and client over plain HTTP."""

from __future__ import annotations

import http.client
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, Any]
Handler = Callable[[str, str, dict[str, str], Any], Answer]


class HttpError(Exception):
    """The peer answered, but not with success."""

    def __init__(self, what: str, status: int, text: str) -> None:
        super().__init__(f"{what}: HTTP {status}: {text.strip()[:300]}")
        self.status = status


class ApiError(Exception):
    """An answer to the caller of our own API."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def failure(reason: str) -> dict[str, str]:
    return {"state": "FAILED", "reason": reason}


def request(
    method: str,
    address: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, Any] | None = None,
    protocol: str = "http",
    timeout: float = 10,
) -> str:
    """One request. HttpError on an answer of 400 and up, OSError without an answer, TypeError on a header of None."""
    link = connection(address, protocol, timeout)
    try:
        content = None if body is None else json.dumps(body)
        link.request(method, path, content, {"Content-Type": "application/json", **(headers or {})})
        response = link.getresponse()
        text = response.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"{address}: no HTTP answer: {error!r}") from error
    finally:
        link.close()
    if response.status >= 400:
        raise HttpError(f"{method} {address}{path}", response.status, text)
    return text


def connection(address: str, protocol: str, timeout: float | None) -> http.client.HTTPConnection:
    """The real client never checks the certificate."""
    if protocol == "https":
        return http.client.HTTPSConnection(address, timeout=timeout, context=ssl._create_unverified_context())
    return http.client.HTTPConnection(address, timeout=timeout)


def serve(port: int, handler: Handler) -> ThreadingHTTPServer:
    """A server that answers with what handler(method, path, query, body) returns; the caller runs serve_forever."""

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                body = json.loads(raw) if raw else None
                status, result = handler(self.command, parts.path, dict(parse_qsl(parts.query)), body)
            except ApiError as error:
                status, result = error.status, failure(str(error))
            except ValueError as error:
                status, result = 403, failure(f"invalid request: {error}")
            except Exception:
                logging.exception("%s %s", self.command, self.path)
                status, result = 500, failure("Server Internal Error.")
            content = json.dumps(result).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, form: str, *args: Any) -> None:
            logging.debug(form, *args)

    for method in ("GET", "POST", "PUT", "DELETE"):
        setattr(Requests, f"do_{method}", Requests.answer)
    ThreadingHTTPServer.daemon_threads = True
    return ThreadingHTTPServer(("", port), Requests)
