# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Objects of buckets as files of a folder: an index for each bucket, and each content once, under its checksum."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, field

# s3fs keeps these of each file. They say when it was written, which no copy can have as it was.
TIMES = frozenset({"mtime", "ctime", "atime"})


class NotABackupError(Exception):
    """The folder does not hold the objects of a bucket."""


@dataclass(frozen=True)
class Saved:
    """One object: what it is called, what is in it, and what goes with it (s3fs keeps modes and owners there)."""

    key: str
    size: int
    sha256: str
    content_type: str = "application/octet-stream"
    metadata: dict[str, str] = field(default_factory=dict)

    def line(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @property
    def lasting(self) -> dict[str, str]:
        """The metadata that a copy has to have, too."""
        return lasting(self.metadata)


def lasting(metadata: t.Mapping[str, str]) -> dict[str, str]:
    """Metadata without times."""
    return {name: value for name, value in metadata.items() if name not in TIMES}


def user_metadata(headers: t.Mapping[str, str]) -> dict[str, str]:
    """What a user has put beside an object, by its name in lower case."""
    prefix = "x-amz-meta-"
    return {name.lower()[len(prefix) :]: value for name, value in headers.items() if name.lower().startswith(prefix)}


def index_text(objects: t.Iterable[Saved]) -> str:
    """The index of a bucket."""
    return "".join(f"{one.line()}\n" for one in sorted(objects, key=lambda one: one.key))


def read_index(text: str) -> list[Saved]:
    """The objects that an index names."""
    try:
        # A key may hold any other character that splitlines() takes for the end of a line.
        return [Saved(**json.loads(line)) for line in text.split("\n") if line]
    except (ValueError, TypeError) as error:
        raise NotABackupError(f"no index of a bucket ({type(error).__name__})") from error


def is_folder(key: str, size: int) -> bool:
    """Nothing but the name of a folder, which the platform makes by itself."""
    return key.endswith("/") or (size == 0 and key.endswith("_$folder$"))


@dataclass(frozen=True)
class Difference:
    """What makes a bucket that of a backup. `foreign`: what the backup does not have, or has with another content."""

    put: list[Saved] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.put or self.delete)


def difference(wanted: t.Sequence[Saved], found: t.Mapping[str, Saved]) -> Difference:
    """Compare both. Folders that a backup does not have stay, since a platform makes its own."""
    known = {one.key for one in wanted}
    put = [one for one in wanted if not _same(one, found.get(one.key))]
    others = [key for key, one in found.items() if key not in known and not is_folder(key, one.size)]
    changed = [one.key for one in put if one.key in found and found[one.key].sha256 != one.sha256]
    return Difference(put, sorted(others), sorted({*others, *changed}))


def _same(wanted: Saved, found: Saved | None) -> bool:
    return found is not None and found.sha256 == wanted.sha256 and found.lasting == wanted.lasting
