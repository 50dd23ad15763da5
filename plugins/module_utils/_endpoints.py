# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether endpoints answer as they should. The ways lead inside the site: no proxy is used, no redirect followed."""

from __future__ import annotations

import re
import socket
import ssl
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ansible_collections.neursafe.fl.plugins.module_utils._peer import shown
from ansible_collections.neursafe.fl.plugins.module_utils._telling import tell

_SHOWN = 120
# Options of the modules that ask, documented in the fragment `endpoints`.
OPTIONS: dict[str, Any] = {
    "checks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "url": {"type": "str", "required": True},
            "method": {"type": "str", "default": "GET"},
            "headers": {"type": "dict", "default": {}},
            "url_username": {"type": "str", "default": ""},
            "url_password": {"type": "str", "default": "", "no_log": True},
            "status": {"type": "list", "elements": "int", "default": [200]},
            "search": {"type": "str", "default": ""},
        },
    },
    "timeout": {"type": "int", "default": 10},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}


def _connect(address: SplitResult, params: dict[str, Any]) -> HTTPConnection:
    """A connection that follows no redirect and knows of no proxy. Only HTTPS pays for the reading of certificates."""
    host, port, timeout = address.hostname or "", address.port, params["timeout"]
    if address.scheme == "http":
        return HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context(cafile=params["ca_path"])
    if not params["validate_certs"]:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=timeout, context=context)


def basic_header(user: str, password: str) -> dict[str, str]:
    """The user as HTTP knows it."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def _headers(check: dict[str, Any]) -> dict[str, str]:
    """Over plain HTTP everyone on the way would learn the password."""
    if not check.get("url_password") or not check["url"].startswith("https:"):
        return dict(check["headers"])
    return {**check["headers"], **basic_header(check["url_username"], check["url_password"])}


def ask(check: dict[str, Any], params: dict[str, Any]) -> tuple[int, str]:
    """One attempt: status and trouble."""
    address = urlsplit(check["url"])
    if address.scheme == "tcp":
        socket.create_connection((address.hostname or "", address.port or 0), params["timeout"]).close()
        return 0, ""
    with closing(_connect(address, params)) as connection:
        connection.request(check["method"], urlunsplit(address._replace(scheme="", netloc="")) or "/", headers=_headers(check))
        answer = connection.getresponse()
        status, body = answer.status, answer.read().decode("utf-8", "replace")
    said = " ".join(body.split())[:_SHOWN]
    if status not in check["status"]:
        return status, f"answered {status}, not {' or '.join(map(str, check['status']))}: {said}"
    if not re.search(check["search"], body):
        return status, f"answered {status}, but not with {check['search']!r}: {said}"
    return status, ""


def settle(check: dict[str, Any], params: dict[str, Any], wait: int) -> dict[str, Any]:
    """Ask until the answer is right or time is up."""
    end = time.monotonic() + wait
    while True:
        try:
            status, trouble = ask(check, params)
        except ssl.SSLCertVerificationError as error:
            # It does not get better by waiting.
            trouble = "; ".join(filter(None, (f"its certificate does not hold ({error.verify_message})", shown(check["url"]))))
            return {"name": check["name"], "url": check["url"], "status": 0, "trouble": trouble}
        except (OSError, ValueError, HTTPException) as error:
            status, trouble = 0, f"no answer: {error}"
        if not trouble or time.monotonic() >= end:
            return {"name": check["name"], "url": check["url"], "status": status, "trouble": trouble}
        tell(f"waiting for {check['name']} ({check['url']}): {trouble}")
        time.sleep(1)


def ask_all(params: dict[str, Any], wait: int = 0) -> list[dict[str, Any]]:
    """Ask all at the same time; what each answered in the end."""
    checks = params["checks"]
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as threads:
        return list(threads.map(lambda check: settle(check, params, wait), checks))


def silent(answers: list[dict[str, Any]]) -> list[str]:
    """One line for each that does not answer as it should."""
    return [f"{answer['name']} ({answer['url']}): {answer['trouble']}" for answer in answers if answer["trouble"]]
