# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service takes a secret. One question for each kind of service; the answer is yes, no, or that there was none."""

from __future__ import annotations

import socket
import ssl
import time
import typing as t
from contextlib import closing
from http.client import HTTPException
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils import _mongodb as mongo
from ansible_collections.neursafe.fl.plugins.module_utils import _object_store_api as store
from ansible_collections.neursafe.fl.plugins.module_utils import _port_forward as port_forward
from ansible_collections.neursafe.fl.plugins.module_utils import _postgresql as postgresql
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import DatabaseError, WrongPasswordError
from ansible_collections.neursafe.fl.plugins.module_utils._endpoints import ask, basic_header
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError

Check = t.Mapping[str, t.Any]

# Of HTTP services: no such account, and not allowed.
_REFUSED = (401, 403)
# How a client of PostgreSQL asks for TLS.
_POSTGRESQL_TLS = bytes([0, 0, 0, 8, 4, 210, 22, 47])
_REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"


class NoAnswer(Exception):  # noqa: N818 - it is no error of ours
    """Neither yes nor no."""


def _s3(check: Check, secret: str) -> bool:
    if store.IMPORT_PROBLEM:
        raise NoAnswer(f"the Python that runs this module lacks the package minio ({store.IMPORT_PROBLEM})")
    place = store.Store(check["address"], check["user"], secret, check["region"], check["ca_path"] or "", check["validate_certs"], 10.0)
    try:
        return place.key_works(check["user"], secret)
    except store.failures() as error:
        raise NoAnswer(str(store.explain(error, check["address"], {}))) from error


def _postgresql(check: Check, secret: str) -> bool:
    host, _colon, port = check["address"].rpartition(":")
    account = postgresql.Account(host, int(port), check["user"], secret, "", check["sslmode"], check["ca_path"] or "")
    try:
        postgresql.connect(account, check["database"]).close()
    except WrongPasswordError:
        return False
    except DatabaseError as error:
        raise NoAnswer(str(error)) from error
    return True


def _mongodb(check: Check, secret: str) -> bool:
    account = mongo.Account(check["address"], check["user"], secret, check["database"], check["sslmode"], check["ca_path"] or "")
    try:
        with closing(mongo.connect(account)):
            return True
    except WrongPasswordError:
        return False
    except DatabaseError as error:
        raise NoAnswer(str(error)) from error


def _http(check: Check, secret: str) -> bool:
    """In a header of its own, or with the user as HTTP knows it; at an address, or in a pod."""
    shown = {check["header"]: secret} if check["header"] else basic_header(check["user"], secret)
    headers = {**check["headers"], **shown}
    question = {"url": check["address"], "method": "GET", "headers": headers, "status": (), "search": ""}
    try:
        if check["selector"]:
            place = urlsplit(check["address"])
            status = port_forward.get(check, place.port or 80, place.path, headers)
        else:
            status, _trouble = ask(question, {"timeout": 10, "ca_path": check["ca_path"], "validate_certs": check["validate_certs"]})
    except (OSError, ValueError, HTTPException, port_forward.ForwardError) as error:
        raise NoAnswer(str(error)) from error
    if status >= 500:
        raise NoAnswer(f"it answers HTTP {status}")
    return status not in _REFUSED


def _kubernetes(check: Check, secret: str) -> bool:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": secret}}
    try:
        answer = Kube(check["kubeconfig"], check["context"]).post(_REVIEW, review)
    except KubeError as error:
        raise NoAnswer(str(error)) from error
    return bool((answer.get("status") or {}).get("authenticated"))


def _tls(check: Check, secret: str) -> bool:
    """Whether the server is known by this authority; nothing is said to it once that is clear."""
    place = urlsplit(check["address"])
    try:
        context = ssl.create_default_context(cadata=secret)
        with socket.create_connection((place.hostname or "", place.port or 443), timeout=10) as plain:
            if place.scheme == "postgresql":
                plain.sendall(_POSTGRESQL_TLS)
                if plain.recv(1) != b"S":
                    raise NoAnswer("it has no TLS")
            context.wrap_socket(plain, server_hostname=place.hostname).close()
    except ssl.SSLCertVerificationError:
        return False
    except (OSError, ValueError) as error:
        raise NoAnswer(str(error)) from error
    return True


SERVICES: dict[str, t.Callable[[Check, str], bool]] = {
    "http": _http,
    "kubernetes": _kubernetes,
    "mongodb": _mongodb,
    "postgresql": _postgresql,
    "s3": _s3,
    "tls": _tls,
}


def trouble(check: Check) -> str:
    """What is wrong with a renewal, in words without a secret; empty when the new one is taken and the old one refused."""
    takes, place = SERVICES[check["type"]], f"{check['type']} service at {check['address']}"
    if check["current"] == check["former"]:
        return f"{check['secret']}: the new value is the old one; run playbooks/rotate.yml again"
    try:
        if not takes(check, check["current"]):
            return f"{check['secret']}: {place} refuses the new one; run playbooks/rotate.yml again, it brings the new one there"
        if takes(check, check["former"]):
            return f"{check['secret']}: {place} takes the old one still; run playbooks/rotate.yml again, and look who else sets it there"
    except NoAnswer as error:
        return f"{check['secret']}: {place} cannot be asked ({error}); mend that, and run playbooks/rotate.yml again"
    return ""


def troubles(checks: t.Sequence[Check], wait: float, pause: float = 1.0) -> list[str]:
    """Ask until all is as it should be or time is up: some services learn of a change a moment later."""
    end = time.monotonic() + wait
    while True:
        found = [(check, said) for check in checks if (said := trouble(check))]
        if not found or time.monotonic() >= end:
            return [said for _check, said in found]
        checks = [check for check, _said in found]
        time.sleep(pause)
