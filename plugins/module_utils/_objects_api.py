# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Takes the objects of a bucket into a folder, and brings them back, several at a time."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._object_store_api import Store
from ansible_collections.neursafe.fl.plugins.module_utils._objects import (
    Difference,
    Saved,
    difference,
    index_text,
    read_index,
    user_metadata,
)
from ansible_collections.neursafe.fl.plugins.module_utils._telling import telling

_CHUNK = 1024 * 1024


class Bucket:
    """One bucket of a store, and its place in a folder."""

    def __init__(self, store: Store, name: str, folder: Path, workers: int) -> None:
        self._s3, self.name, self._workers = store.s3, name, workers
        self._there = store.s3.bucket_exists(name)
        self._index, self._contents = folder / f"{name}.index", folder / "contents"

    def save(self) -> list[Saved]:
        """Every object's content under its checksum, and the index when all of them are there."""
        self._contents.mkdir(mode=0o700, exist_ok=True)
        objects = self._each("save", self._keys(), self._keep)
        # An object that went away meanwhile is none of this bucket's any more.
        found = [one for one in objects if one is not None]
        descriptor = os.open(self._index, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(index_text(found))
        return found

    def compare(self) -> Difference:
        """What brings this bucket to the content of the folder."""
        found = [one for one in self._each("compare", self._keys(), self._look) if one is not None]
        return difference(self.saved(), {one.key: one for one in found})

    def saved(self) -> list[Saved]:
        return read_index(self._index.read_text(encoding="utf-8")) if self._index.exists() else []

    def restore(self, steps: Difference) -> None:
        """Contents first, so that a run that is cut short leaves the bucket with no less than before."""
        self._each("put", steps.put, self._put)
        self.empty(steps.delete)

    def empty(self, keys: t.Sequence[str]) -> None:
        self._each("delete", keys, lambda key: self._s3.remove_object(self.name, key))

    def keys(self) -> list[str]:
        return self._keys()

    def _keys(self) -> list[str]:
        return [one.object_name for one in self._s3.list_objects(self.name, recursive=True)] if self._there else []

    def _each(self, what: str, items: t.Sequence[t.Any], work: t.Callable[[t.Any], t.Any]) -> list[t.Any]:
        with ThreadPoolExecutor(self._workers) as pool:
            return list(telling(f"{what} objects of {self.name}", pool.map(work, items), len(items)))

    def _read(self, key: str, sink: t.Callable[[bytes], t.Any]) -> Saved | None:
        try:
            answer = self._s3.get_object(self.name, key)
        except Exception as error:  # the library is not there for every importer, so its type has no name here
            if getattr(error, "code", "") == "NoSuchKey":
                return None
            raise
        try:
            digest, size = hashlib.sha256(), 0
            for part in answer.stream(_CHUNK):
                digest.update(part)
                size += len(part)
                sink(part)
            kind = answer.headers.get("Content-Type", "application/octet-stream")
            return Saved(key, size, digest.hexdigest(), kind, user_metadata(answer.headers))
        finally:
            answer.close()
            answer.release_conn()

    def _look(self, key: str) -> Saved | None:
        return self._read(key, lambda part: None)

    def _keep(self, key: str) -> Saved | None:
        descriptor, name = tempfile.mkstemp(dir=self._contents, prefix=".part-")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                saved = self._read(key, stream.write)
            if saved is not None:
                os.replace(name, self._contents / saved.sha256)
            return saved
        finally:
            Path(name).unlink(missing_ok=True)

    def _put(self, one: Saved) -> None:
        with (self._contents / one.sha256).open("rb") if one.size else io.BytesIO() as stream:
            self._s3.put_object(self.name, one.key, stream, one.size, one.content_type, metadata=dict(one.metadata))
