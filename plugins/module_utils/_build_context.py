# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One digest over what a build can see of its context: names, kinds, mode bits and contents, by .dockerignore's rules.

Times and owners are left out, so a fresh clone of the same commit has the same digest.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import typing as t
from pathlib import Path

ALWAYS_IGNORED = (".git", "**/.git", "**/__pycache__", "**/*.pyc", "**/.pytest_cache", "**/.mypy_cache")
_BLOCK = 1 << 20


class Ignore:
    """.dockerignore: the last pattern that matches a path or one of its parents decides; `!` takes it back in."""

    def __init__(self, lines: t.Iterable[str]) -> None:
        self._rules: list[tuple[bool, re.Pattern[str]]] = []
        for line in lines:
            pattern = line.strip()
            if not pattern or pattern.startswith("#"):
                continue
            keep = pattern.startswith("!")
            pattern = os.path.normpath(pattern.lstrip("!").strip()).lstrip("/")
            if pattern != ".":
                self._rules.append((keep, re.compile(_expression(pattern))))
        self.has_exceptions = any(keep for keep, _pattern in self._rules)

    def __call__(self, path: str) -> bool:
        ignored = False
        for keep, pattern in self._rules:
            if ignored == keep and pattern.match(path):
                ignored = not keep
        return ignored


def _expression(pattern: str) -> str:
    """A pattern of Go's filepath.Match with ** as a regular expression that also matches everything below."""
    out = ""
    position = 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            out, position = out + "(?:.*/)?", position + 3
        elif pattern.startswith("**", position):
            out, position = out + ".*", position + 2
        elif pattern[position] == "*":
            out, position = out + "[^/]*", position + 1
        elif pattern[position] == "?":
            out, position = out + "[^/]", position + 1
        elif pattern[position] == "[" and "]" in pattern[position:]:
            end = pattern.index("]", position)
            out, position = out + pattern[position : end + 1], end + 1
        else:
            out, position = out + re.escape(pattern[position]), position + 1
    return f"^{out}(?:/.*)?$"


def ignore_lines(context: Path, dockerfile: Path) -> list[str]:
    """The ignore rules that hold for a build file: its own `<name>.dockerignore`, else the context's, and ours before."""
    for candidate in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore"):
        if candidate.is_file():
            return [*ALWAYS_IGNORED, *candidate.read_text(encoding="utf-8").splitlines()]
    return list(ALWAYS_IGNORED)


class ContextHasher:
    """Hashes parts of one tree; each file is read once however many images see it."""

    def __init__(self, context: Path) -> None:
        self._context = context
        self._entries: dict[str, str] = {}
        self._listings: dict[tuple[str, ...], list[str]] = {}

    def digest(self, prefixes: t.Iterable[str], ignore_rules: t.Sequence[str]) -> str:
        """Digest of everything below the given prefixes (folders or files) that is not ignored."""
        total = hashlib.sha256()
        seen: set[str] = set()
        for prefix in sorted(prefixes):
            for name in self._listing(prefix, ignore_rules):
                if name not in seen:
                    seen.add(name)
                    total.update(f"{name}\0{self._entry(name)}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()

    def _listing(self, prefix: str, ignore_rules: t.Sequence[str]) -> list[str]:
        key = (prefix, *ignore_rules)
        if key not in self._listings:
            self._listings[key] = sorted(self._walk(prefix, Ignore(ignore_rules)))
        return self._listings[key]

    def _walk(self, prefix: str, ignore: Ignore) -> t.Iterator[str]:
        start = self._context if prefix == "." else self._context / prefix
        if not start.is_dir() or start.is_symlink():
            if os.path.lexists(start) and not ignore(prefix):
                yield prefix
            return
        for folder, folders, files in os.walk(start):
            relative = os.path.relpath(folder, self._context)
            below = "" if relative == "." else f"{relative}/"
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            kept = [name for name in folders if name not in links and not ignore(below + name)]
            # An ignored folder may hold something that a later `!` takes back in: then it has to be walked all the same.
            folders[:] = [name for name in folders if name not in links] if ignore.has_exceptions else kept
            for name in [*kept, *links, *files]:
                if not ignore(below + name):
                    yield below + name

    def _entry(self, name: str) -> str:
        if name not in self._entries:
            self._entries[name] = self._describe(self._context / name)
        return self._entries[name]

    @staticmethod
    def _describe(path: Path) -> str:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return f"link {os.readlink(path)}"
        if stat.S_ISDIR(status.st_mode):
            return "folder"
        if not stat.S_ISREG(status.st_mode):
            return "special"
        content = hashlib.sha256()
        with path.open("rb") as handle:
            while block := handle.read(_BLOCK):
                content.update(block)
        # The bits that a copy in an image keeps and that no ordinary umask changes: may run, may be read by other users.
        bits = ("x" if status.st_mode & stat.S_IXUSR else "-") + ("r" if status.st_mode & stat.S_IROTH else "-")
        return f"file {bits} {content.hexdigest()}"
