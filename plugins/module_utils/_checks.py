# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of single values. Each returns what is wrong and what would be right, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address
from posixpath import normpath
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils import _references as references

NODE_PORTS = range(30000, 32768)
LOG_LEVELS = ("debug", "info", "warning", "error", "fatal")
LAYOUTS = ("hostpath", "pvc", "s3pod")
# Said of an address, which is not shown then.
ACCOUNT = ("has an account in it", "leave user and password to the settings, or the Secret, that are for them")
NGINX_LEVELS = ("debug", "info", "notice", "warn", "error", "crit")

_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_RESOURCE = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
# What ends or cannot be in a line, an argument or a header; and halves of characters, which no encoding has.
_NO_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
# NUL ends a variable of the environment, and the kernel takes no longer ones.
_NO_VALUE = re.compile(r"[\x00\ud800-\udfff]")
_LONGEST_VALUE = 65536
# nginx takes a header line of 8 KB.
_LONGEST_HEADER = 4096
_LONGEST_PATH, _LONGEST_NAME = 4095, 255
# Names of a close spelling are looked for among few and short ones.
_LONGEST_WORD = 100
_LONGEST_SHOWN = 60
_LONGEST_LABEL = 63


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
    near = get_close_matches(str(value)[:_LONGEST_WORD].lower(), [item.lower() for item in allowed], 1, 0.3)
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


def host(value: Any) -> bool:
    """A host name, or an IPv4 address; what looks like one has to be one."""
    if not isinstance(value, str) or len(value) > 253 or not all(_HOST_LABEL.fullmatch(part) for part in value.split(".")):
        return False
    return not re.fullmatch(r"[0-9.]+", value) or ipv4(value) is None


def host_port(value: Any) -> tuple[str, str] | None:
    """The components split at the colon, so there has to be exactly one."""
    if isinstance(value, str) and "@" in value:
        return ACCOUNT
    if isinstance(value, str) and re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", value):
        name, _dot, last = value.rpartition(".")
        return f"{shown(value)} has a dot where the colon belongs", f"write {name}:{last}"
    name, _colon, number_ = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if host(name) and re.fullmatch(r"[0-9]{1,5}", number_) and 0 < int(number_) <= 65535:
        return None
    return f"{shown(value)} is no HOST:PORT", "one host name or IPv4 address, a colon, a port; no scheme, no path"


def ipv4(value: Any) -> tuple[str, str] | None:
    try:
        # A number would be taken for an address as well.
        sound = isinstance(value, str) and bool(IPv4Address(value))
    except (AddressValueError, ValueError):
        sound = False
    return None if sound else (f"{shown(value)} is no IPv4 address", "write it like 10.96.0.10")


def url(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str) and "@" in value:
        return ACCOUNT
    try:
        parts = urlsplit(value) if isinstance(value, str) and re.fullmatch(r"[!-~]+", value) else None
        sound = parts and parts.scheme in ("http", "https") and _url_host(parts.hostname or "") and parts.port != 0
    except ValueError:  # brackets that do not match, or a port that is none
        sound = False
    if sound:
        return None
    return f"{shown(value)} is no URL", "write it with its scheme, like http://192.0.2.10:9000"


def _url_host(name: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f:.]+", name)) if ":" in name else host(name)


def absolute_path(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, str) or not value.startswith("/"):
        return f"{shown(value)} is no absolute path", "begin it with a slash"
    if len(value) > _LONGEST_PATH or any(len(part) > _LONGEST_NAME for part in value.split("/")):
        return (
            f"{shown(value)} is too long for a path ({len(value)} characters)",
            f"at most {_LONGEST_PATH}, and {_LONGEST_NAME} for each name",
        )
    if ".." in value.split("/") or value.rstrip("/") == "" or re.search(r"\s", value):
        return f"{shown(value)} is no path of a folder of its own", "no .., no blanks, and not the root of the file system"
    plain = normpath(re.sub("/+", "/", value))
    if plain != (value[:-1] if value.endswith("/") else value):
        return f"{shown(value)} is not written plainly", f"write {shown(plain)}"
    if ":" in value or _NO_TEXT.search(value):
        return f"{shown(value)} cannot be mounted", "no colons and no control characters"
    return None


def relative_path(value: Any) -> tuple[str, str] | None:
    sound = isinstance(value, str) and len(value) <= _LONGEST_PATH and re.fullmatch(r"[\w.-]+(/[\w.-]+)*", value, re.ASCII)
    if sound and all(part not in (".", "..") and len(part) <= _LONGEST_NAME for part in value.split("/")):
        return None
    return f"{shown(value)} is no path below the shared root", "no slash at the beginning, no .., no blanks"


def table(value: Any) -> tuple[str, str] | None:
    """The components put the name into their SQL as it is."""
    return matching(value, r"[a-z_][a-z0-9_]{0,62}", "name of a table or collection", "small letters, digits and underscores, at most 63")


def image(value: Any) -> tuple[str, str] | None:
    fix = "write one that the nodes can pull, REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST"
    if isinstance(value, str) and "@" in value and not references.DIGEST.match(value.partition("@")[2]):
        return "is no image name, for what stands after its @ is no digest", fix
    try:
        parsed = references.parse(value) if isinstance(value, str) and len(value) <= _LONGEST_PATH else None
    except ValueError:
        parsed = None
    found = references.HOST.match(parsed.registry) if parsed else None
    return None if found and 0 < int(found["port"] or 1) <= 65535 else (f"{shown(value)} is no image name", fix)


def environment(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return f"{shown(value)} is no map", "write NAME: value pairs"
    wrong = [str(key)[:40] for key, item in value.items() if not _ENV.fullmatch(str(key)) or secret_text(item)]
    return (f"no environment variable: {', '.join(wrong)}", "letters, digits and underscores, each with one plain value") if wrong else None


def secret_text(value: Any) -> tuple[str, str] | None:
    """What a Secret and a variable of the environment can hold. Never shown."""
    if not isinstance(value, (str, int, float)):
        return "is no text", "write one value"
    if _NO_VALUE.search(str(value)) or len(str(value)) > _LONGEST_VALUE:
        return "has a NUL or half a character in it, or is too long", f"leave that out; at most {_LONGEST_VALUE} characters"
    return None


def line(value: Any) -> tuple[str, str] | None:
    return ("is no text of one line", "write one line") if secret_text(value) or _NO_TEXT.search(str(value)) else None


def secret_key(value: Any) -> tuple[str, str] | None:
    return matching(value, r"[-._a-zA-Z0-9]{1,253}", "key of a Secret", "letters, digits and - . _")


def account_keys(reference: dict[str, Any]) -> dict[str, tuple[str, str] | None]:
    """The two keys of a Secret with an account, by the name that the reference gives them."""
    verdicts = {name: secret_key(reference[name]) for name in ("user_key", "passwd_key")}
    if reference["user_key"] == reference["passwd_key"] and not any(verdicts.values()):
        verdicts["passwd_key"] = f"{shown(reference['passwd_key'])} is the key of the user too", "give the password a key of its own"
    return verdicts


def label_value(value: Any) -> tuple[str, str] | None:
    if len(str(value)) > _LONGEST_LABEL:
        return f"{shown(str(value))} has {len(str(value))} characters, for the value of a label", f"at most {_LONGEST_LABEL}; shorten it"
    return matching(str(value), _LABEL_VALUE, "value of a label", "letters, digits and - _ . inside, at most 63 characters")


def resource(value: Any) -> tuple[str, str] | None:
    return matching(value, _RESOURCE, "name of a resource", "write it as Kubernetes lists it at its nodes, such as nvidia.com/gpu")


def database_address(value: Any, kind: str) -> tuple[str, str] | None:
    """For MongoDB it may be a URI."""
    if kind != "mongo" or not re.fullmatch(r"mongodb(\+srv)?://[!-~]+", str(value)):
        return host_port(value)
    return ACCOUNT if "@" in value else None


def account(backend: dict[str, Any]) -> tuple[str, str] | None:
    if bool(backend["username"]) == bool(backend["password"]):
        return None
    return "user and password go together", "give both, or neither if the Secret exists already"


def database(value: Any) -> tuple[str, str] | None:
    return matching(value, r"[A-Za-z0-9_-]{1,63}", "name of a database", "letters, digits, - and _, at most 63")


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
    if isinstance(value, str) and re.fullmatch(r"[!-~]+", value) and len(value) <= _LONGEST_HEADER:
        return None
    what = "has characters that cannot stand in an HTTP header, or is too long for one"
    return what, f"use letters, digits and punctuation, no blanks, at most {_LONGEST_HEADER}"


def shown(value: Any) -> str:
    """A value in a message, shortened."""
    text = repr(value) if isinstance(value, str) else str(value)
    if value in ("", None):
        return "an empty value"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
