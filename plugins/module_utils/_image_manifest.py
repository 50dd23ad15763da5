# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that names every image by digest; other roles read it, so it is replaced whole and only when it changes."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole

Entries = dict[str, dict[str, str]]

_VERBS = {"built": "build", "tagged": "tag", "copied": "copy"}


class Manifest:
    """The manifest on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Entries:
        """What the file says now; nothing when it is missing or no manifest."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def merged(self, entries: Entries, catalogue: t.Sequence[str]) -> Entries:
        """The new entries, and those of the catalogue's other images that an earlier run left (a subset was selected)."""
        kept = {name: entry for name, entry in self.read().items() if name in catalogue}
        return {**kept, **entries}

    def would_change(self, entries: Entries) -> bool:
        """Whether the file lacks any of these entries."""
        present = self.read()
        return any(present.get(name) != entry for name, entry in entries.items())

    def news(self, wanted: Entries, actions: t.Mapping[str, str]) -> list[str]:
        """What is done, or would be, in words: what is built or copied, and which images are named by another digest than before."""
        before = self.read()
        touched = [name for name in {**actions, **wanted} if actions.get(name) in _VERBS or wanted.get(name) != before.get(name)]
        said = [f"{_VERBS.get(actions.get(name, ''), 'name')} {_told(name, wanted, before)}" for name in touched]
        return said + [f"forget {name}" for name in before if name not in wanted]

    def write(self, wanted: Entries, dry: bool) -> dict[str, str] | None:
        """Replace the file when it changes (in a dry run only say so); answers the diff, or None without a change."""
        before = _text(self.read()) if self._path.exists() else ""
        after = _text(wanted)
        if before == after:
            return None
        if not dry:
            write_whole(self._path, after.encode())
        name = os.fspath(self._path)
        return {"before": before, "after": after, "before_header": name, "after_header": name}


def _told(name: str, wanted: Entries, before: Entries) -> str:
    """An image with its digest, where that is known yet, and the one of before, where there was another."""
    new, old = (entries.get(name, {}).get("digest", "") for entries in (wanted, before))
    by = f" {_short(new)}" if new.startswith("sha256:") else ""
    return f"{name}{by}{f', so far {_short(old)}' if old and old != new else ''}"


def _short(digest: str) -> str:
    """As much of a digest as people compare."""
    return digest[:19]


def _text(entries: Entries) -> str:
    return json.dumps(entries, indent=2, sort_keys=True) + "\n"
