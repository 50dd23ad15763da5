# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and rewrite build files: which images they start from, which paths of the context they copy.

Pure text in, pure text out. What cannot be understood for certain (a variable in a path, a here-document, a bind mount)
is answered with the whole context, so that a digest over it never misses a change.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

WHOLE_CONTEXT = "."

_CONTINUATION = re.compile(r"\\[ \t]*$")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<fallback>[^}]*))?\}|(?P<plain>\w+))")
_FLAG_FROM = re.compile(r"--from=(?P<reference>\S+)")
_SYNTAX = re.compile(r"^#\s*syntax\s*=\s*(?P<reference>\S+)\s*$", re.IGNORECASE)
_GLOB = re.compile(r"[*?\[]")


@dataclass
class Instruction:
    """One instruction with the lines (first and last, counted from 0) that it was written on."""

    word: str
    rest: str
    first: int
    last: int


def instructions(text: str) -> list[Instruction]:
    """The instructions of a build file, continuation lines joined, comments left out."""
    found: list[Instruction] = []
    pending: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines()):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not pending:
            first = number
        pending.append(_CONTINUATION.sub(" ", line))
        if not _CONTINUATION.search(line):
            found.append(_instruction(" ".join(pending), first, number))
            pending = []
    if pending:
        found.append(_instruction(" ".join(pending), first, len(text.splitlines()) - 1))
    return found


def _instruction(line: str, first: int, last: int) -> Instruction:
    word, _blank, rest = line.strip().partition(" ")
    return Instruction(word.upper(), rest.strip(), first, last)


def references(text: str, build_args: t.Mapping[str, str]) -> list[str]:
    """Every image the build starts from or copies from, stages and scratch left out, variables filled in."""
    found: list[str] = []
    for reference in _references(text, build_args).values():
        if reference not in found:
            found.append(reference)
    return found


def rewrite(text: str, replace: t.Callable[[str], str | None], build_args: t.Mapping[str, str]) -> str:
    """The same build file with each image reference replaced by what `replace` answers (None keeps it)."""
    lines = text.splitlines()
    for (number, written), reference in _references(text, build_args).items():
        new = replace(reference)
        if new is not None and new != reference:
            lines[number] = _swap_word(lines[number], written, new)
    return "\n".join(_swap_syntax(line, replace) if number < 3 else line for number, line in enumerate(lines)) + "\n"


def _references(text: str, build_args: t.Mapping[str, str]) -> dict[tuple[int, str], str]:
    """(line, reference as written) to the reference with its variables filled in."""
    arguments: dict[str, str] = {}
    stages: set[str] = {"scratch"}
    found: dict[tuple[int, str], str] = {}
    seen_from = False
    lines = text.splitlines()
    for item in instructions(text):
        if item.word == "ARG" and not seen_from:
            name, _equals, value = item.rest.partition("=")
            arguments[name.strip()] = build_args.get(name.strip(), value.strip().strip("\"'"))
        elif item.word == "FROM":
            seen_from = True
            words = [word for word in item.rest.split() if not word.startswith("--")]
            if words:
                _add(found, lines, item, words[0], arguments, stages)
            if len(words) == 3 and words[1].upper() == "AS":
                stages.add(words[2].lower())
        elif item.word in ("COPY", "ADD", "RUN"):
            for match in _FLAG_FROM.finditer(item.rest):
                if not match["reference"].isdigit():
                    _add(found, lines, item, match["reference"], arguments, stages)
    return found


def _add(
    found: dict[tuple[int, str], str],
    lines: list[str],
    item: Instruction,
    written: str,
    arguments: t.Mapping[str, str],
    stages: set[str],
) -> None:
    reference = fill_in(written, arguments)
    if reference.lower() in stages or not reference:
        return
    for number in range(item.first, item.last + 1):
        if written in lines[number]:
            found[(number, written)] = reference
            return


def fill_in(text: str, arguments: t.Mapping[str, str]) -> str:
    """Replace $NAME, ${NAME} and ${NAME:-fallback} by build arguments."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["plain"]
        return arguments.get(name) or match["fallback"] or ""

    return _VARIABLE.sub(value, text)


def _swap_word(line: str, old: str, new: str) -> str:
    return re.sub(rf"(?<![\w./:@-]){re.escape(old)}(?![\w./:@-])", lambda _match: new, line)


def _swap_syntax(line: str, replace: t.Callable[[str], str | None]) -> str:
    """The syntax directive names an image too; mapped to an empty text it is dropped (no network for the frontend)."""
    match = _SYNTAX.match(line)
    new = replace(match["reference"]) if match else None
    if new is None:
        return line
    return f"# syntax={new}" if new else ""


def copied_paths(text: str) -> list[str]:
    """The paths of the context that the build can see, as prefixes; WHOLE_CONTEXT when it cannot be told for sure."""
    paths: set[str] = set()
    for item in instructions(text):
        if item.word == "ONBUILD" or (item.word == "RUN" and "type=bind" in item.rest and "from=" not in item.rest):
            return [WHOLE_CONTEXT]
        if item.word in ("COPY", "ADD") and "--from=" not in item.rest:
            sources = _sources(item.rest)
            if sources is None:
                return [WHOLE_CONTEXT]
            paths.update(sources)
    return [WHOLE_CONTEXT] if WHOLE_CONTEXT in paths else sorted(paths)


def _sources(rest: str) -> set[str] | None:
    words = rest.split()
    while words and words[0].startswith("--"):
        words.pop(0)
    rest = " ".join(words)
    if "$" in rest or "<<" in rest or "\\" in rest:
        return None
    if rest.startswith("["):
        try:
            words = [str(word) for word in json.loads(rest)]
        except ValueError:
            return None
    elif '"' in rest or "'" in rest:
        return None
    return {_prefix(word) for word in words[:-1] if "://" not in word and not word.startswith("git@")}


def _prefix(source: str) -> str:
    """The part of a path before its first wildcard, as a folder or file below the context."""
    parts: list[str] = []
    for part in source.strip("/").split("/"):
        if _GLOB.search(part):
            break
        if part == "..":
            return WHOLE_CONTEXT
        if part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or WHOLE_CONTEXT
