# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup as a folder: it has its name only once it is complete, and its manifest has the checksum of each of its files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import typing as t
from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024


class BackupError(Exception):
    """What is wrong with a backup, and what to do."""


def part(path: Path) -> Path:
    """Where a backup is while it is made; hidden, so that nobody takes it for one."""
    return path.parent / f".{path.name}.part"


def begin(path: Path) -> Path:
    """An empty folder, and none of those that killed runs have left."""
    if path.exists():
        raise BackupError(f"{path} is there already; name another folder")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    discard(path.parent)
    made = part(path)
    made.mkdir(mode=0o700)
    return made


def leftovers(folder: Path) -> list[Path]:
    """Backups that were never completed. Runs that make them keep each other out, so none of them is being made."""
    return sorted(found for found in folder.glob(".*.part") if found.is_dir()) if folder.is_dir() else []


def discard(folder: Path) -> bool:
    """Take those away."""
    found = leftovers(folder)
    for path in found:
        shutil.rmtree(path)
    return bool(found)


def complete(path: Path, facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Close all files to others, write the manifest, and give the folder its name in one step."""
    made = part(path)
    if not made.is_dir():
        raise BackupError(f"{made} is gone; run the backup again")
    for found in [made, *made.rglob("*")]:
        found.chmod(0o700 if found.is_dir() else 0o600)
    manifest = {"format": FORMAT, **facts, "files": checksums(made)}
    with (made / MANIFEST).open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    (made / MANIFEST).chmod(0o600)
    for found in made.rglob("*"):
        _to_disk(found)
    _to_disk(made)
    made.rename(path)
    _to_disk(path.parent)
    return manifest


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksums(folder: Path) -> dict[str, str]:
    """sha256 of each file but the manifest, by its path in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {str(path.relative_to(folder)): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def verified(path: Path) -> dict[str, t.Any]:
    """The manifest of a backup of which every file is there and as it was written."""
    if not (path / MANIFEST).is_file():
        raise BackupError(f"{path} is no complete backup: it has no {MANIFEST}; name the folder of one")
    try:
        manifest: dict[str, t.Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        wanted: dict[str, str] = manifest["files"]
        version = int(manifest["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path / MANIFEST} cannot be read ({type(error).__name__}); take another backup") from error
    if version != FORMAT:
        raise BackupError(f"{path} has format {version}, and this collection reads format {FORMAT}; use the collection it was made with")
    found = checksums(path)
    wrong = [f"{name} is missing" for name in wanted if name not in found]
    wrong += [f"{name} has another content" for name in wanted if name in found and found[name] != wanted[name]]
    wrong += [f"{name} is not of the backup" for name in found if name not in wanted]
    if wrong:
        some = ", ".join(wrong[:3]) + (", …" if len(wrong) > 3 else "")
        raise BackupError(f"{path}: {some}; nothing was changed, take another backup")
    return manifest
