# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Docker's daemon, which pushes by rules of its own, will accept a registry that we accept."""

from __future__ import annotations

import ipaddress
import json
import os
import typing as t
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import BuilderError
from ansible_collections.neursafe.fl.plugins.module_utils._references import is_loopback
from ansible_collections.neursafe.fl.plugins.module_utils._registry import Registry, RegistryError

CERTIFICATES = Path("/etc/docker/certs.d")
Config = t.Mapping[str, t.Any]


def check_daemon(host: str, ca_path: str | None, insecure: bool, config: str) -> None:
    """Raise when the daemon would refuse the registry; `config` is what `docker info` says of its registries, as JSON."""
    if not host or is_loopback(host):
        return
    if insecure:
        if not _allowed_insecure(host, json.loads(config or "null") or {}):
            raise BuilderError(
                f"the Docker daemon pushes to {host} over checked HTTPS only; add it to insecure-registries in /etc/docker/daemon.json",
                "registry_scheme",
            )
    elif ca_path and _daemon_is_here() and not (_has_certificate(host, Path(ca_path)) or _trusted_by_system(host)):
        raise BuilderError(
            f"the Docker daemon does not know the authority {ca_path} of {host}; copy it to {CERTIFICATES / host}/ca.crt",
            "registry_ca_path",
        )


def _allowed_insecure(host: str, config: Config) -> bool:
    indexes = config.get("IndexConfigs") or {}
    if host in indexes:
        return not indexes[host].get("Secure", True)
    try:
        address = ipaddress.ip_address(host.rsplit(":", 1)[0].strip("[]"))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in config.get("InsecureRegistryCIDRs") or [])


def _daemon_is_here() -> bool:
    return os.environ.get("DOCKER_HOST", "unix://").startswith("unix://")


def _has_certificate(host: str, ca_path: Path) -> bool:
    wanted = ca_path.read_text(encoding="utf-8").strip()
    return any(wanted in path.read_text(encoding="utf-8") for path in (CERTIFICATES / host).glob("*.crt"))


def _trusted_by_system(host: str) -> bool:
    try:
        Registry(host, scheme="https").ping()
    except RegistryError:
        return False
    return True
