# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the components' PostgreSQL library (libpq 11) is stricter than Debian's: it finds an address only among names of hosts."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import struct

_ASK_FOR_TLS = struct.pack("!ii", 8, 80877103)


class ServerNameError(Exception):
    """What libpq 11 says."""


def check(host: str, port: int) -> None:
    """Refuse, with PGSSLMODE=verify-full, an address that is only among the certificate's addresses. Else it is the library's to tell."""
    if os.environ.get("PGSSLMODE") != "verify-full" or not _is_address(host):
        return
    try:
        names = _names(host, port)
    except (OSError, ValueError):
        return
    if names and host not in names:
        raise ServerNameError(f'server certificate for "{names[0]}" does not match host name "{host}"')


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _names(host: str, port: int) -> list[str]:
    context = ssl.create_default_context(cafile=os.environ.get("PGSSLROOTCERT"))
    context.check_hostname = False
    with socket.create_connection((host, port), 10) as plain:
        plain.sendall(_ASK_FOR_TLS)
        if plain.recv(1) != b"S":
            return []
        with context.wrap_socket(plain) as secure:
            certificate = secure.getpeercert() or {}
    names = [str(value) for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    common = [str(value) for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return names or common
