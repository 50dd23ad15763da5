# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of single values. Each returns what is wrong and what would be right, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address
from typing import Any
from urllib.parse import urlsplit

NODE_PORTS = range(30000, 32768)
LOG_LEVELS = ("debug", "info", "warning", "error", "fatal")
LAYOUTS = ("hostpath", "pvc", "s3pod")
NGINX_LEVELS = ("debug", "info", "notice", "warn", "error", "crit")

_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?", re.IGNORECASE)
_HOST_PORT = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?:(\d{1,5})")


@dataclass(frozen=True)
class Problem:
    """`path` leads to the setting; `what` is wrong with it; `fix` mends it."""

    path: str
    what: str
    fix: str


def number(value: Any) -> bool:
    """A whole number; a quoted one or a boolean would go into the objects as what it is and be refused there."""
    return isinstance(value, int) and not isinstance(value, bool)


def port(value: Any, lowest: int = 1) -> tuple[str, str] | None:
    if not number(value):
        return f"{shown(value)} is no whole number", f"write it without quotes, {lowest} to 65535"
    if not lowest <= value <= 65535:
        return f"{value} is no usable port", f"choose one from {lowest} to 65535"
    return None


def node_port(value: Any) -> tuple[str, str] | None:
    if number(value) and value not in NODE_PORTS:
        return f"{value} is outside the NodePort range", "choose one from 30000 to 32767, or do not expose it"
    return port(value)


def boolean(value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool):
        return None
    return f"{shown(value)} is no boolean (any word counts as true)", "write true or false without quotes"


def one_of(value: Any, allowed: tuple[str, ...]) -> tuple[str, str] | None:
    if value in allowed:
        return None
    near = get_close_matches(str(value).lower(), [item.lower() for item in allowed], 1, 0.3)
    best = next((item for item in allowed if near and item.lower() == near[0]), "")
    return f"{shown(value)} is not known", f"write {best}" if best else f"one of {', '.join(allowed)}"


def log_level(value: Any) -> tuple[str, str] | None:
    return one_of(str(value).lower(), LOG_LEVELS)


def matching(value: Any, pattern: str | re.Pattern[str], noun: str, fix: str) -> tuple[str, str] | None:
    """A text that the pattern describes from end to end."""
    if isinstance(value, str) and re.fullmatch(pattern, value):
        return None
    return f"{shown(value)} is no {noun}", fix


def service_name(value: Any) -> tuple[str, str] | None:
    return matching(value, _SERVICE, "Service name", "small letters, digits and hyphens, beginning with a letter, at most 63 characters")


def label(value: Any) -> tuple[str, str] | None:
    return matching(value, _LABEL, "Kubernetes name", "small letters, digits and hyphens, at most 63 characters")


def bucket(value: Any) -> tuple[str, str] | None:
    return matching(value, r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "name of a bucket", "3 to 63 small letters, digits, hyphens and dots")


def domain(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str) and 0 < len(value) <= 253 and all(_LABEL.fullmatch(part) for part in value.split(".")):
        return None
    return f"{shown(value)} is no domain name", "parts of small letters, digits and hyphens, joined by dots"


def host_port(value: Any) -> tuple[str, str] | None:
    """The components split at the colon, so there has to be exactly one."""
    found = _HOST_PORT.fullmatch(value) if isinstance(value, str) else None
    if found and 0 < int(found.group(2)) <= 65535:
        return None
    if isinstance(value, str) and re.fullmatch(r"\d+\.\d+\.\d+\.\d+\.\d+", value):
        host, _dot, last = value.rpartition(".")
        return f"{shown(value)} has a dot where the colon belongs", f"write {host}:{last}"
    return f"{shown(value)} is no HOST:PORT", "one host name or IPv4 address, a colon, a port; no scheme, no path"


def ipv4(value: Any) -> tuple[str, str] | None:
    try:
        IPv4Address(value)
    except (AddressValueError, ValueError):
        return f"{shown(value)} is no IPv4 address", "write it like 10.96.0.10"
    return None


def url(value: Any) -> tuple[str, str] | None:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        sound = parts and parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:  # brackets that do not match, or a port that is none
        sound = False
    if sound:
        return None
    return f"{shown(value)} is no URL", "write it with its scheme, like http://192.0.2.10:9000"


def absolute_path(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value or len(value) > 4096:
        return f"{shown(value)} is no absolute path", "begin it with a slash"
    if ".." in value.split("/") or value.rstrip("/") == "" or re.search(r"\s", value):
        return f"{shown(value)} is no path of a folder of its own", "no .., no blanks, and not the root of the file system"
    return None


def relative_path(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str) and re.fullmatch(r"[\w.-]+(/[\w.-]+)*", value) and ".." not in value.split("/"):
        return None
    return f"{shown(value)} is no path below the shared root", "no slash at the beginning, no .., no blanks"


def table(value: Any) -> tuple[str, str] | None:
    """The components put the name into their SQL as it is."""
    return matching(value, r"[a-z_][a-z0-9_]{0,62}", "name of a table or collection", "small letters, digits and underscores, at most 63")


def image(value: Any) -> tuple[str, str] | None:
    return matching(value, _IMAGE, "image name", "write one that the nodes can pull, REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST")


def environment(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return f"{shown(value)} is no map", "write NAME: value pairs"
    wrong = [str(key) for key, item in value.items() if not _ENV.fullmatch(str(key)) or isinstance(item, (dict, list)) or item is None]
    return (f"no environment variable: {', '.join(wrong)}", "letters, digits and underscores, each with one plain value") if wrong else None


def mapping(value: Any) -> tuple[str, str] | None:
    return None if isinstance(value, dict) else (f"{shown(value)} is no map", "write key: value pairs")


def layout(value: Any) -> tuple[str, str] | None:
    return one_of(value, LAYOUTS)


def shared_tree(storage: dict[str, Any], layout: str) -> dict[str, tuple[str, str] | None]:
    """What only the layouts pvc and s3pod have, by path: where the tree is, and its folders."""
    found = {f"storage.{name}": relative_path(path) for name, path in storage.items() if name.endswith("_dir")}
    values, path = storage["backend"], "storage.backend"
    if layout == "pvc":
        return {f"{path}.type": one_of(values["type"], ("posix",)), f"{path}.pvc": domain(values["pvc"]), **found}
    return {
        f"{path}.type": one_of(values["type"], ("s3",)),
        f"{path}.address": url(values["address"]),
        f"{path}.bucket": bucket(values["bucket"]),
        f"{path}.secret_key_ref.name": domain(values["secret_key_ref"]["name"]),
        **found,
    }


def printable(value: Any) -> tuple[str, str] | None:
    """Goes into an HTTP header. Never shown."""
    if isinstance(value, str) and re.fullmatch(r"[!-~]+", value):
        return None
    return "has characters that cannot stand in an HTTP header", "use letters, digits and punctuation, no blanks"


def shown(value: Any) -> str:
    """A value in a message, shortened."""
    text = repr(value) if isinstance(value, str) else str(value)
    return "an empty value" if value in ("", None) else text[:60]
