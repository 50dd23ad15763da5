# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a client is registered, and if not, why. Pure: it looks at the log and at what was tried."""

from __future__ import annotations

import re

REGISTERED = re.compile(r"Register client success\.|Report client to server success\.")

# (what the log says, cause, fix), the more certain first
_LOG_RULES = [
    (
        r"server gave HTTP response to HTTPS client",
        "the image registry speaks plain HTTP",
        "give it TLS, or set nsfl_client_registry_insecure: true for a registry that you trust the network to",
    ),
    (
        r"x509: certificate has expired or is not yet valid",
        "the certificate of the image registry has expired",
        "have it renewed, or set the host's clock right",
    ),
    (
        r"x509: certificate (is valid for|is not valid for)|x509: cannot validate certificate for",
        "the certificate of the image registry is for another name",
        "name the registry as its certificate does (nsfl_client_image_registry)",
    ),
    (
        r"x509: certificate signed by unknown authority",
        "the certificate of the image registry is signed by an authority that this host does not know",
        "name the file of that authority in nsfl_client_registry_ca_file",
    ),
    (
        r"unauthorized|authentication required|no basic auth credentials",
        "the image registry refused the login",
        "check nsfl_client_registry_username and nsfl_client_registry_password",
    ),
    (
        r"manifest unknown|manifest for .* not found|name unknown",
        "the registry has no such image",
        "check nsfl_client_image, or build and push it (playbooks/images.yml)",
    ),
    (
        r"Address already in use|errno 98",
        "the client's port is taken on its host",
        "another client or program listens there; change nsfl_client_port",
    ),
    (
        r"'bool' object has no attribute 'lower'|'(str|int)' and '(str|int)'",
        "a key of the setup file has the wrong type",
        'registration is a word ("True"), storage_quota a whole number; do not override them in nsfl_client_setup with another type',
    ),
    (
        r"not enough values to unpack|too many values to unpack",
        "the server's address in the setup file is not HOST:PORT",
        "check nsfl_client_server",
    ),
    (
        r"Platform connect error|Fetch nodes.*(fail|error|refused)",
        "the task manager cannot list the cluster's nodes",
        "its `kubectl proxy` sidecar must run and its service account must be allowed to list and watch nodes",
    ),
    (
        r"CollectionNotExisting|DataBaseError|password authentication failed|database .* does not exist",
        "the task manager cannot use its database",
        "check address, name and account, and that the table of the tasks exists",
    ),
    (
        r"No such file or directory|FileNotFoundError|not existing",
        "a folder or file that the setup file names is not there, or not mounted into the container",
        "every path in the setup file and in datasets.json must be visible at the same path inside",
    ),
    (
        r"StreamTerminated|Connection (refused|lost)|ConnectionRefused|UNAVAILABLE|502",
        "the proxy or the selector behind it did not answer the registration",
        "are both pods Ready? the client ends and is started again until they are",
    ),
]


def registered(lines: list[str]) -> bool:
    return any(REGISTERED.search(line) for line in lines)


def why_not(lines: list[str], service_state: str, server: str, reachable: bool | None, where: str) -> str:
    """One sentence with direction, address and port where those matter, and what to do."""
    if reachable is False:
        return (
            f"client → proxy: {where} cannot open {server}; fix: check that the proxy runs, its gRPC NodePort, "
            f"and that no firewall between them drops the port"
        )
    text = "\n".join(lines)
    for pattern, cause, fix in _LOG_RULES:
        if re.search(pattern, text, re.IGNORECASE):
            return f"{cause}; fix: {fix}"
    if service_state not in ("active", "Running"):
        return f"it does not run ({service_state or 'absent'}); fix: read its log, {len(lines)} lines follow"
    return (
        "it runs and the proxy's port is open, but it said nothing about its registration; fix: `registration` must be on, and the "
        "selector behind the proxy must be Ready"
    )
