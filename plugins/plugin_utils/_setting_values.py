# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a value is what the spec of its setting says. Pure; a secret is never repeated."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Spec = Mapping[str, Any]

_SECRET = re.compile(r"password|secret|token|private_key|access_key")
# NUL ends a C string, a line break ends a line of a unit file, an environment file or an HTTP header.
# Half a character (from "\\ud83d" in JSON) has no bytes.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
# Close spellings are looked for of words, not of whole texts.
_LONGEST = 100
_WORDS = ("true", "false", "yes", "no", "on", "off", "1", "0")


def is_secret(name: str) -> bool:
    """Whether the value of a setting of this name is kept out of messages."""
    return bool(_SECRET.search(name))


def value_problems(name: str, value: Any, spec: Spec) -> Iterator[str]:
    """Everything that is wrong with one value, as SETTING: CAUSE; FIX."""
    kind = spec.get("type", "str")
    if value is None:
        yield f"{name}: it has no value; give it one, or leave the setting out"
    elif kind in _CHECKS:
        verdict = _CHECKS[kind](value)
        if verdict:
            yield f"{name}: {_shown(name, value)} {verdict}"
        elif kind == "list":
            yield from _items(name, value, spec)
        elif kind == "dict" and spec.get("options"):
            yield from _keys(name, value, spec["options"])
        else:
            yield from _choice(name, value, spec)


def _shown(name: str, value: Any) -> str:
    if is_secret(name):
        return "the value"
    text = repr(str(value)) if isinstance(value, (str, bytes)) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _whole_number(value: Any) -> str:
    plain = isinstance(value, int) and not isinstance(value, bool)
    digits = isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]+\s*", value)
    return "" if plain or digits else "is no whole number; write digits only"


def _boolean(value: Any) -> str:
    return "" if isinstance(value, bool) or str(value).strip().lower() in _WORDS else "is no boolean; write true or false"


def _text(value: Any) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        return "is no text; write one value"
    if _CONTROL.search(str(value)):
        return "has a line break or another control character in it; leave it out (in YAML, write the value on one line)"
    return ""


def _list(value: Any) -> str:
    return "" if isinstance(value, (list, tuple)) else "is no list; write it as [first, second], or one item a line after a hyphen"


def _map(value: Any) -> str:
    return "" if isinstance(value, Mapping) else "is no map; write key: value pairs"


_CHECKS: dict[str, Callable[[Any], str]] = {
    "bool": _boolean,
    "dict": _map,
    "int": _whole_number,
    "list": _list,
    "path": _text,
    "str": _text,
}


def _items(name: str, value: Sequence[Any], spec: Spec) -> Iterator[str]:
    inner = {"type": spec.get("elements", "raw"), "options": spec.get("options"), "choices": spec.get("choices")}
    for index, item in enumerate(value):
        yield from value_problems(f"{name}[{index}]", item, inner)


def _keys(name: str, value: Mapping[str, Any], options: Mapping[str, Spec]) -> Iterator[str]:
    for key in value:
        if key not in options:
            near = difflib.get_close_matches(str(key)[:_LONGEST], options, n=1)
            fix = f"write {near[0]}" if near else f"known are {', '.join(sorted(options))}"
            yield f"{name}.{str(key)[:_LONGEST]}: there is no such key; {fix}"
        elif value[key] is not None:
            yield from value_problems(f"{name}.{key}", value[key], options[key])
    for key in sorted(options):
        if options[key].get("required") and value.get(key) is None:
            yield f"{name}.{key}: it is missing; add it"


def _choice(name: str, value: Any, spec: Spec) -> Iterator[str]:
    choices = [str(choice) for choice in spec.get("choices") or []]
    if choices and str(value) not in choices:
        near = difflib.get_close_matches(str(value)[:_LONGEST].lower(), choices, n=1)
        yield f"{name}: {_shown(name, value)} is not known; write " + (near[0] if near else f"one of {', '.join(choices)}")
