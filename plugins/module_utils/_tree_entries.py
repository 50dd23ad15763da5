# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Reading the entries of a tree: pure, and every problem is found before the first write."""

from __future__ import annotations

import base64
import binascii
import os
import re
import typing as t
from dataclasses import dataclass

_MODE = re.compile(r"^[0-7]{4}\Z")


class TreeError(Exception):
    """Something the user can put right; its text says what and how."""


@dataclass(frozen=True)
class Entry:
    """One wanted path; `path` is relative to the root, "" is the root itself."""

    path: str
    state: str
    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    content: bytes | None = None
    sensitive: bool = False
    recursive: bool = False
    keep_full: bool = False


def parse_mode(text: str | None, where: str) -> int | None:
    """Four octal digits. An unquoted 0640 arrives here as the decimal 416, which must not pass for a mode."""
    if text is None:
        return None
    if not _MODE.match(text):
        raise TreeError(f"{where}: '{text}' is not a file mode; write four octal digits in quotes, such as \"0750\"")
    return int(text, 8)


def parse_root(root: str) -> str:
    """An absolute folder that is not the whole machine."""
    if "\0" in root or not os.path.isabs(root):
        raise TreeError(f"root: '{root}' is not an absolute path; write it from / on")
    if ".." in root.split("/"):
        raise TreeError(f"root: '{root}' contains '..'; write the folder itself")
    clean = os.path.normpath(root)
    if clean in ("/", "//"):
        raise TreeError("root: '/' is the whole machine; name a folder below it")
    return clean


def relative_path(root: str, path: str, where: str) -> str:
    """`path` (relative to `root`, or absolute below it) as a relative path without dots."""
    if "\0" in path:
        raise TreeError(f"{where}: the path contains a NUL character; remove it")
    if path.startswith("~"):
        raise TreeError(f"{where}: '{path}' starts with '~', which is not expanded here; write the whole path")
    if ".." in path.split("/"):
        raise TreeError(f"{where}: '{path}' contains '..'; write the path it stands for")
    clean = os.path.normpath(path) if path else "."
    if os.path.isabs(clean):
        clean = "/" + clean.lstrip("/")
        if clean != root and not clean.startswith(root + "/"):
            raise TreeError(f"{where}: '{path}' is not below the root {root}; correct the path or the root")
        clean = clean[len(root) + 1 :]
    if len(root) + len(clean) > 4000 or any(len(part.encode()) > 240 for part in clean.split("/")):
        raise TreeError(f"{where}: the path is too long (4000 characters, 240 bytes a name); shorten it")
    return "" if clean == "." else clean


def _content(raw: t.Mapping[str, t.Any], where: str) -> bytes | None:
    text, encoded = raw.get("content"), raw.get("content_base64")
    if text is not None and encoded is not None:
        raise TreeError(f"{where}: both content and content_base64 are given; keep one")
    if raw.get("state", "directory") != "file" and (text is not None or encoded is not None):
        raise TreeError(f"{where}: content is given but state is not 'file'; add state: file")
    if encoded is None:
        return None if text is None else str(text).encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TreeError(f"{where}: content_base64 is not base64 ({error}); encode the content again") from error


def parse_entries(root: str, raw_entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[Entry]:
    """All entries, or one TreeError that lists every problem in them."""
    entries: list[Entry] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, raw in enumerate(raw_entries):
        where = f"entries[{number}]"
        try:
            path = relative_path(root, str(raw["path"]), where)
            if path in seen:
                raise TreeError(f"{where}: '{raw['path']}' is the path of entries[{seen[path]}] too; keep one of them")
            seen[path] = number
            state = raw.get("state") or "directory"
            if state == "file" and not path:
                raise TreeError(f"{where}: the root cannot be a file; name a path below it")
            entries.append(
                Entry(
                    path=path,
                    state=state,
                    mode=parse_mode(raw.get("mode"), where),
                    owner=raw.get("owner"),
                    group=raw.get("group"),
                    content=_content(raw, where),
                    sensitive=bool(raw.get("sensitive")),
                    recursive=bool(raw.get("recursive")),
                    keep_full=bool(raw.get("keep_full")),
                )
            )
        except TreeError as error:
            problems.append(str(error))
    if problems:
        raise TreeError("\n".join(problems))
    return entries
