# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Kubernetes API client of the standard library: one kept connection, JSON in and out, one exception type.

The official client takes the better part of a second to import, which is most of what a run with nothing to do would cost.
"""

from __future__ import annotations

import json
import socket
import ssl
import typing as t
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils._kubeconfig import Access, KubeconfigError, read_access
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError

_MANAGER = "neursafe.fl"


class KubeError(OptionError):
    """The API's refusal, or no answer (`status` 0). `body` is the API's Status object where there is one."""

    option = "kubeconfig"

    def __init__(self, status: int, message: str, body: dict[str, t.Any] | None = None, option: str = "") -> None:
        super().__init__(message, option)
        self.status = status
        self.body = body or {}


class Kube:
    """One API server, as one user."""

    def __init__(self, kubeconfig: str | None = None, context: str | None = None, timeout: float = 30.0) -> None:
        try:
            self._access: Access = read_access(kubeconfig, context)
        except KubeconfigError as error:
            raise KubeError(0, str(error), option=error.option) from error
        self._timeout = timeout
        self._connection: HTTPConnection | None = None
        self.date = ""  # the server's clock, as its last answer has it

    @property
    def server(self) -> str:
        """The URL, for messages."""
        return str(self._access.server)

    def get(self, path: str, **query: str) -> dict[str, t.Any]:
        """The object or list at a path."""
        return t.cast("dict[str, t.Any]", json.loads(self._send("GET", path, query)))

    def find(self, path: str) -> dict[str, t.Any] | None:
        """The object at a path, or None."""
        try:
            return self.get(path)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    def metadata(self, path: str, **query: str) -> list[dict[str, t.Any]]:
        """The objects of a list without their content; of Secrets, too, nothing secret is sent."""
        kind = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        answer = json.loads(self._send("GET", path, query, accept=kind))
        return t.cast("list[dict[str, t.Any]]", answer["items"] or [])

    def text(self, path: str, **query: str) -> str:
        """What a path has in plain text, such as a log."""
        return self._send("GET", path, query).decode("utf-8", "replace")

    def post(self, path: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """Create, or ask a review."""
        return t.cast("dict[str, t.Any]", json.loads(self._send("POST", path, {}, body, "application/json")))

    def put(self, path: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        """Replace an object; refused (409) when it is another one than `body` was made from."""
        return t.cast("dict[str, t.Any]", json.loads(self._send("PUT", path, {}, body, "application/json")))

    def delete(self, path: str) -> None:
        """Delete an object; one that is gone already is as well."""
        try:
            self._send("DELETE", path, {})
        except KubeError as error:
            if error.status != 404:
                raise

    def dry_run(self, path: str, body: dict[str, t.Any], force: bool) -> dict[str, t.Any]:
        """What the object would be after a server-side apply that does not happen."""
        query = {"dryRun": "All", "fieldManager": _MANAGER, "force": str(force).lower()}
        answer = self._send("PATCH", path, query, body, "application/apply-patch+yaml")
        return t.cast("dict[str, t.Any]", json.loads(answer))

    def _send(
        self, method: str, path: str, query: dict[str, str], body: t.Any = None, content: str = "", accept: str = "application/json, */*"
    ) -> bytes:
        target = self._access.path + path + ("?" + urlencode(query) if query else "")
        headers = {"Accept": accept, "User-Agent": _MANAGER, **self._access.headers}
        if content:
            headers["Content-Type"] = content
        data = None if body is None else json.dumps(body).encode()
        try:
            response = self._answer(method, target, data, headers)
            payload = response.read()
            self.date = response.getheader("Date", "")
        except (OSError, HTTPException) as error:
            self._connection = None
            raise KubeError(0, f"no answer from {self.server}: {_cause(error)}") from error
        if response.status >= 400:
            raise _refusal(response.status, payload)
        return payload

    def _answer(self, method: str, target: str, data: bytes | None, headers: dict[str, str]) -> HTTPResponse:
        """One exchange; the server may have closed an idle connection, which is worth a second try on a new one."""
        if self._connection is not None:
            try:
                self._connection.request(method, target, data, headers)
                return self._connection.getresponse()
            except (OSError, HTTPException):
                self._connection.close()
        self._connection = self._connect()
        self._connection.request(method, target, data, headers)
        return self._connection.getresponse()

    def _connect(self) -> HTTPConnection:
        url = urlsplit(self.server)
        host = url.hostname or ""
        if url.scheme == "http":
            return HTTPConnection(host, url.port or 80, timeout=self._timeout)
        connection = HTTPSConnection(host, url.port or 443, timeout=self._timeout, context=self._access.tls)
        if self._access.server_name:
            _name_server(connection, self._access.server_name, self._access.tls, self._timeout)
        return connection


def _name_server(connection: HTTPSConnection, name: str, tls: ssl.SSLContext, timeout: float) -> None:
    """tls-server-name of a kubeconfig: the certificate is for another name than the address."""
    plain = socket.create_connection((connection.host, connection.port), timeout)
    connection.sock = tls.wrap_socket(plain, server_hostname=name)


def _cause(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold ({error.verify_message})"
    if isinstance(error, socket.timeout):
        return "timed out"
    return str(error) or type(error).__name__


def _refusal(status: int, payload: bytes) -> KubeError:
    try:
        body = json.loads(payload)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    message = body.get("message") or payload.decode("utf-8", "replace")[:300] or f"HTTP {status}"
    return KubeError(status, str(message), body)
