# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the settings of nsfl-ctl, and with the host that is to have it. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check

_CHECKS: dict[str, Callable[[Any], tuple[str, str] | None]] = {
    # The tool puts http:// before it.
    "api_server": check.host_port,
    "user": lambda value: check.matching(value, r"[!-~]+", "user", "write the access key of a user of the object store"),
    "password": lambda value: check.secret_text(value) if value else ("it is empty", "write the secret key of the user"),
    "owner": lambda value: check.matching(value, r"[A-Za-z0-9_][A-Za-z0-9._-]*\$?", "account", "write the name of an account of the host"),
    "wrapper_path": check.absolute_path,
    "image": check.image,
}

# What the tool speaks plain HTTP to, by the first word of its settings, and the setting that has the platform take it.
_PLAIN = {"api": ("API server", "nsfl_api_plain_http"), "data": ("data server", "nsfl_data_server_plain_http")}


def _data_server(settings: dict[str, Any]) -> Callable[[Any], tuple[str, str] | None]:
    """What the tool of each layout takes: the one hands it to an S3 library as it is, the other, or its relay, to a WebDAV library."""
    if settings["layout"] == "hostpath":
        return check.url
    return check.host_port if settings["data_tls"] else lambda value: check.host_port(value) or _stripped(value)


def _stripped(address: str) -> tuple[str, str] | None:
    """Y13: the successor's tool takes every leading h, t and p off the address, not the word http."""
    if address[0] in "htp":
        return f"nsfl-ctl would read {address!r} as {address.lstrip('htp')!r}", "write the IPv4 address of the host"
    return None


def problems(settings: dict[str, Any], host: dict[str, Any] | None = None, prefix: str = "nsfl_cli_") -> list[str]:
    """Everything that is wrong, each as "<setting>: <what>; <fix>"."""
    checks = {**_CHECKS, "data_server": _data_server(settings)}
    verdicts = {name: function(settings[name]) for name, function in checks.items()}
    found = [f"{prefix}{name}: {verdict[0]}; {verdict[1]}" for name, verdict in verdicts.items() if verdict]
    found += [problem for key in _PLAIN for problem in _way_in(settings, key, prefix)]
    if re.search(r"[\r\n]", settings["password"]):
        found.append(f"{prefix}password: it has a line break in it; leave it out")
    if settings["wrapper"] and settings["engine"] == "podman" and settings["owner"] != "root":
        what = f"{settings['owner']} has no use of root's images in podman"
        found.append(f"{prefix}owner: {what}; set {prefix}engine: docker, or leave out the wrapper")
    if str(settings["data_server"]).startswith("https:") and not settings.get("trusts", True):
        # The tool has no word for the authorities of the system: without a file it checks nothing.
        what = f"none is given, and nsfl-ctl would not check who answers at {settings['data_server']}"
        found.append(f"{prefix}certificate: {what}; name the file of its authority, such as /etc/ssl/certs/ca-certificates.crt")
    return found + _certificate(settings["certificate"], host, prefix) + _engine(settings, host, prefix)


def _way_in(settings: dict[str, Any], key: str, prefix: str) -> list[str]:
    """The tool speaks plain HTTP, and its container HTTPS for it."""
    at, plain_port = settings[f"{key}_server"], settings[f"{key}_plain_port"]
    name, opens = _PLAIN[key]
    if not settings[f"{key}_tls"]:
        if plain_port and not settings[f"{key}_plain_http"]:
            what = f"it is false, and the platform does not take plain HTTP, so that nothing answers at {at}"
            return [f"{prefix}{key}_tls: {what}; leave it out, or set {opens}: true"]
        return []
    found = []
    if plain_port:
        found.append(f"{prefix}{key}_server: {at} is the port of plain HTTP; write that of HTTPS, or set {prefix}{key}_tls: false")
    if not settings["wrapper"]:
        what = f"it is false, and an nsfl-ctl of the host's own speaks nothing but plain HTTP to the {name}"
        found.append(f"{prefix}wrapper: {what}; leave it out, or set {opens}: true")
    return found


def _certificate(path: str, host: dict[str, Any] | None, prefix: str) -> list[str]:
    if not path:
        return []
    verdict = check.absolute_path(path)
    if verdict:
        return [f"{prefix}certificate: {verdict[0]}; {verdict[1]}"]
    if host is not None and host["paths"].get(path, {}).get("kind") != "file":
        return [f"{prefix}certificate: {path} is no file of this host; put the bundle there, or name another"]
    return []


def _engine(settings: dict[str, Any], host: dict[str, Any] | None, prefix: str) -> list[str]:
    if host is None or host["commands"].get(settings["engine"]) or settings["engine_install"]:
        return []
    return [f"{prefix}engine: {settings['engine']} is not installed; install it, or set {prefix}engine_install: true"]
