# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of a MongoDB with what a client has to know of TLS: its library takes that from nowhere but the URI."""

from __future__ import annotations

import re

_OTHER_NAMES = {"ssl": "tls"}
_CA = "tlscafile"


def tls_options(sslmode: str, ca: str) -> dict[str, str]:
    """What PostgreSQL's words for the use of TLS are in a URI. There is no trying it first here: a CA to trust asks for it, too."""
    if sslmode == "disable":
        return {"tls": "false"}
    if sslmode not in ("require", "verify-ca", "verify-full") and not ca:
        return {}
    found = {"tls": "true", **({"tlsCAFile": ca} if ca else {})}
    if sslmode == "require" and not ca:
        found["tlsAllowInvalidCertificates"] = "true"
    elif sslmode in ("require", "verify-ca"):
        found["tlsAllowInvalidHostnames"] = "true"
    return found


def with_tls(address: str, sslmode: str, ca: str) -> str:
    """`host:port` or a URI with these options. What a URI says of TLS itself holds, and one that turns it off gets none of them."""
    said = _options(address)
    options = {} if said.get("tls") == "false" else tls_options(sslmode, ca)
    if "tlsinsecure" in said:  # says the same as both of these, and does not go with them
        options = {name: value for name, value in options.items() if not name.startswith("tlsAllow")}
    added = "&".join(f"{name}={value}" for name, value in options.items() if name.lower() not in said)
    if not added:
        return address
    place, _question, query = (address if "://" in address else f"mongodb://{address}").partition("?")
    return f"{place if '/' in place.partition('://')[2] else f'{place}/'}?{query}{'&' if query else ''}{added}"


def without_ca(address: str) -> str:
    """A URI without the file with the CA, whose path is one in the components' pods."""
    place, _question, query = address.partition("?")
    kept = [pair for pair in _pairs(query) if pair.partition("=")[0].lower() != _CA]
    return f"{place}?{'&'.join(kept)}" if kept else place


def _options(address: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in _pairs(address.partition("?")[2])]
    return {_OTHER_NAMES.get(name.lower(), name.lower()): value for name, _equals, value in pairs}


def _pairs(query: str) -> list[str]:
    return [pair for pair in re.split("[&;]", query) if pair]
