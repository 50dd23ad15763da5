#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoints
short_description: Ask several endpoints at once whether they answer as they should
version_added: 0.1.0
description:
  - Sends one HTTP request, or opens one TCP connection, to each of a list of endpoints, all at the same time, and again until each
    answers as it should or the time is up.
  - Fails with one line for each endpoint that does not, with what it answered instead.
  - In check mode it asks once and never fails, because an earlier task may only have predicted what would answer.
options:
  checks:
    description: The endpoints.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What it is, for messages.
        type: str
        required: true
      url:
        description: An address with C(http), C(https), or C(tcp) (C(tcp://HOST:PORT), where a connection is enough).
        type: str
        required: true
      method:
        description: HTTP method.
        type: str
        default: GET
      headers:
        description: HTTP headers of the request.
        type: dict
        default: {}
      status:
        description: HTTP status codes that are right.
        type: list
        elements: int
        default: [200]
      search:
        description: A regular expression that the body must match somewhere. Any body will do when empty.
        type: str
        default: ""
  timeout:
    description: Seconds for one answer.
    type: int
    default: 10
  wait:
    description: Seconds in which to ask again, once a second, before an endpoint that does not answer as it should is given up.
    type: int
    default: 0
  validate_certs:
    description: Whether certificates must be valid.
    type: bool
    default: true
  ca_path:
    description: File with the authorities that sign them.
    type: path
attributes:
  check_mode:
    description: Asks once instead of waiting, and fails for nothing.
    support: full
  diff_mode:
    description: Nothing to show.
    support: none
notes:
  - Proxies of the environment are not used, since these are ways inside the site.
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Ask the components
  neursafe.fl.endpoints:
    checks:
      - {name: job scheduler, url: "http://192.0.2.10:30083/api/v1/health"}
      - {name: proxy, url: "tcp://192.0.2.10:30091"}
    wait: 10
"""

RETURN = r"""
answers:
  description: For each endpoint C(name), C(url), C(status) (0 where there is none) and C(trouble), which is empty when all is well.
  returned: always
  type: list
  elements: dict
"""

import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ansible.module_utils.basic import AnsibleModule

_SHOWN = 120


def _connect(address: SplitResult, params: dict[str, Any]) -> HTTPConnection:
    """A connection that follows no redirect and knows of no proxy. Only HTTPS pays for the reading of certificates."""
    host, port, timeout = address.hostname or "", address.port, params["timeout"]
    if address.scheme == "http":
        return HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context(cafile=params["ca_path"])
    if not params["validate_certs"]:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=timeout, context=context)


def ask(check: dict[str, Any], params: dict[str, Any]) -> tuple[int, str]:
    """One attempt: status and trouble."""
    address = urlsplit(check["url"])
    if address.scheme == "tcp":
        socket.create_connection((address.hostname or "", address.port or 0), params["timeout"]).close()
        return 0, ""
    with closing(_connect(address, params)) as connection:
        connection.request(check["method"], urlunsplit(address._replace(scheme="", netloc="")) or "/", headers=check["headers"])
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
        except (OSError, ValueError, HTTPException) as error:
            status, trouble = 0, f"no answer: {error}"
        if not trouble or time.monotonic() >= end:
            return {"name": check["name"], "url": check["url"], "status": status, "trouble": trouble}
        time.sleep(1)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "checks": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "url": {"type": "str", "required": True},
                    "method": {"type": "str", "default": "GET"},
                    "headers": {"type": "dict", "default": {}},
                    "status": {"type": "list", "elements": "int", "default": [200]},
                    "search": {"type": "str", "default": ""},
                },
            },
            "timeout": {"type": "int", "default": 10},
            "wait": {"type": "int", "default": 0},
            "validate_certs": {"type": "bool", "default": True},
            "ca_path": {"type": "path"},
        },
        supports_check_mode=True,
    )
    checks, wait = module.params["checks"], 0 if module.check_mode else module.params["wait"]
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as threads:
        answers = list(threads.map(lambda check: settle(check, module.params, wait), checks))
    silent = [f"{answer['name']} ({answer['url']}): {answer['trouble']}" for answer in answers if answer["trouble"]]
    if silent and not module.check_mode:
        module.fail_json(msg="\n".join(silent), answers=answers)
    module.exit_json(changed=False, answers=answers)


if __name__ == "__main__":
    main()
