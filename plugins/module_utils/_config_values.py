# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One value of a configuration file: mended where there is no doubt what is meant, refused where it cannot work."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check


@dataclass(frozen=True)
class Outcome:
    """What a value is taken as; what was done to it; what is wrong with it."""

    value: Any
    notice: str = ""
    verdict: tuple[str, str] | None = None


def read_value(kind: str, raw: Any) -> Outcome:
    """The value as the settings want it. `kind` is a name of the table below."""
    mend, verify = _KINDS[kind]
    value, notice = mend(raw)
    verdict = verify(value)
    return Outcome(raw, "", verdict) if verdict else Outcome(value, notice)


def _same(raw: Any) -> tuple[Any, str]:
    return raw, ""


def _whole(raw: Any) -> tuple[Any, str]:
    if isinstance(raw, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", raw):
        return int(raw), f"the text {raw!r} is taken as the number {int(raw)}"
    if isinstance(raw, float) and raw.is_integer():
        return int(raw), f"{raw} is taken as the whole number {int(raw)}"
    return raw, ""


def _truth(raw: Any) -> tuple[Any, str]:
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in ("true", "false"):
        return word == "true", f"the text {raw!r} is taken as {word}; as a text it would count as true whatever it says (G15)"
    return raw, ""


def _word(raw: Any) -> tuple[Any, str]:
    """`registration`: the guide writes the word in quotes, and a boolean in its place ends the client."""
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in ("true", "false"):
        return word == "true", ""
    return raw, f"{str(raw).lower()} is passed on as the text that the client wants (C4)" if isinstance(raw, bool) else ""


def _spelling(raw: Any, spellings: dict[str, str]) -> tuple[Any, str]:
    right = spellings.get(raw.strip().lower(), raw) if isinstance(raw, str) else raw
    return right, f"{raw!r} is spelt {right!r} by the components" if right != raw else ""


def _list_of_names(raw: Any) -> tuple[Any, str]:
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return raw, ""
    names = [part.strip() for part in parts]
    tidy = ",".join(names)
    return names, f"{raw!r} is passed on as {tidy!r}, since the server compares without trimming" if raw != tidy else ""


def _environment(raw: Any) -> tuple[Any, str]:
    if not isinstance(raw, dict):
        return raw, ""
    other = [str(name) for name, value in raw.items() if not isinstance(value, (str, dict, list)) and value is not None]
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in raw.items()}
    texts = {name: str(value) if isinstance(value, (int, float)) else value for name, value in texts.items()}
    return texts, f"passed on as text, for a variable holds nothing else (G6): {', '.join(other)}" if other else ""


def _megabytes(value: Any) -> tuple[str, str] | None:
    if check.number(value) and value > 0:
        return None
    return f"{check.shown(value)} is no number of MB", "write a whole number above 0 without quotes"


def _names(value: Any) -> tuple[str, str] | None:
    if isinstance(value, list) and value and all(re.fullmatch(r"[\w.+-]+", str(name)) for name in value):
        return None
    text = ",".join(map(str, value)) if isinstance(value, list) else value
    return f"{check.shown(text)} is no list of runtimes", 'write them in one text with commas between, such as "tensorflow,pytorch"'


def _truth_only(value: Any, fix: str) -> tuple[str, str] | None:
    return None if isinstance(value, bool) else (f"{check.shown(value)} is neither true nor false", fix)


def _text(value: Any) -> tuple[str, str] | None:
    if isinstance(value, str) and value.isprintable():
        return None
    return f"{check.shown(value)} is no text", "write it in double quotes; it may be empty"


def _platform(value: Any) -> tuple[str, str] | None:
    return None if value == "k8s" else (f"{check.shown(value)} is not possible here", _MISTAKEN)


def _one_of(value: Any, allowed: tuple[str, ...]) -> tuple[str, str] | None:
    return None if value in allowed else (f"{check.shown(value)} is not known", f"write {' or '.join(allowed)}")


def _host(value: Any) -> tuple[str, str] | None:
    if check.host(value):
        return None
    return f"{check.shown(value)} is no host", "write a host name or an IPv4 address, without a port"


_LEVELS = {level: level for level in check.LOG_LEVELS}
_DATABASES = {"postgresql": "postgreSQL", "postgres": "postgreSQL", "mongo": "mongo", "mongodb": "mongo"}
_BOOLEAN = "write true or false without quotes"
_MISTAKEN = "a client in a cluster has the platform k8s; for linux use a standalone client (a host in the group nsfl_clients)"

Mend = Callable[[Any], "tuple[Any, str]"]
Verify = Callable[[Any], "tuple[str, str] | None"]
_KINDS: dict[str, tuple[Mend, Verify]] = {
    "absolute path": (_same, check.absolute_path),
    "boolean": (_truth, partial(_truth_only, fix=_BOOLEAN)),
    "bucket": (_same, check.bucket),
    "database": (_same, check.database),
    "database address": (_same, partial(check.database_address, kind="mongo")),
    "database type": (partial(_spelling, spellings=_DATABASES), partial(_one_of, allowed=("postgreSQL", "mongo"))),
    "environment": (_environment, check.environment),
    "folder": (_same, check.relative_path),
    "high port": (_whole, partial(check.port, lowest=1024)),
    "host": (_same, _host),
    "host:port": (_same, check.host_port),
    "image": (_same, check.image),
    "log level": (partial(_spelling, spellings=_LEVELS), partial(_one_of, allowed=check.LOG_LEVELS)),
    "megabytes": (_whole, _megabytes),
    "namespace": (_same, check.label),
    "platform": (partial(_spelling, spellings={"k8s": "k8s"}), _platform),
    "port": (_whole, check.port),
    "protocol": (partial(_spelling, spellings={"http": "http", "https": "https"}), partial(_one_of, allowed=("https", "http"))),
    "resource": (_same, check.resource),
    "runtimes": (_list_of_names, _names),
    "secret": (_same, check.domain),
    "secret key": (_same, check.secret_key),
    "service": (_same, check.service_name),
    "storage type": (partial(_spelling, spellings={"s3": "s3", "posix": "posix"}), partial(_one_of, allowed=("s3", "posix"))),
    "table": (_same, check.table),
    "text": (_same, _text),
    "url": (_same, check.url),
    "word": (_word, partial(_truth_only, fix='write the text "True" or "False"')),
}
