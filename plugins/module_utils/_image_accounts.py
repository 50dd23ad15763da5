# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts at registries: those of the user's own client configuration, and a private copy with the one account of a run."""

from __future__ import annotations

import base64
import json
import os
import typing as t
from pathlib import Path

_CARRIED_OVER = ("auths", "credHelpers", "credsStore", "proxies", "HttpHeaders", "currentContext", "cliPluginsExtraDirs")
_DOCKER_HUB = "https://index.docker.io/v1/"


def _own_folder() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _settings() -> dict[str, t.Any]:
    try:
        settings = json.loads((_own_folder() / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _key(registry: str) -> str:
    return _DOCKER_HUB if registry == "docker.io" else registry


def logged_in(registry: str) -> tuple[str, str]:
    """User name and password of an earlier `docker login`, when they stand in the file itself; else two empty texts."""
    try:
        account = base64.b64decode(_settings()["auths"][_key(registry)]["auth"]).decode()
    except (KeyError, TypeError, ValueError):
        return "", ""
    username, _colon, password = account.partition(":")
    return username, password


def write_account(folder: Path, registry: str, username: str, password: str) -> dict[str, str]:
    """A private client configuration with the registry's account; answers the environment that makes builders use it.

    What the user's own configuration says about other registries, proxies and contexts is carried over.
    """
    own, settings = _own_folder(), _settings()
    kept = {key: settings[key] for key in _CARRIED_OVER if key in settings}
    account = base64.b64encode(f"{username}:{password}".encode()).decode()
    kept["auths"] = {**kept.get("auths", {}), _key(registry): {"auth": account}}
    # A helper that answers for this registry would win over the account given here.
    kept.pop("credsStore", None)
    kept["credHelpers"] = {host: helper for host, helper in kept.get("credHelpers", {}).items() if host != registry}
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept), encoding="utf-8")
    for part in ("cli-plugins", "contexts", "buildx"):
        if (own / part).is_dir():
            (folder / part).symlink_to(own / part)
    return {"DOCKER_CONFIG": str(folder), "REGISTRY_AUTH_FILE": str(path)}
