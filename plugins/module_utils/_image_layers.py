# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few files of an image, out of the stream of each of its layers; nothing is unpacked on disk.

A layer is a tar archive of what it adds. What it takes away of the layers below is a whiteout: `.wh.NAME` for one file or folder,
`.wh..wh..opq` for all that a folder had.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import posixpath
import tarfile
import typing as t
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_PIECE = 2**18
_LARGEST = 64 * 2**20


class LayerError(Exception):
    """A layer cannot be read; the text says why."""


@dataclass
class Layer:
    """What matters of a layer: wanted files, and the paths at which it hides what lower layers have."""

    files: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    # All that is no folder: where a lower layer had a folder, that is gone with what was in it.
    others: set[str] = field(default_factory=set)

    def hides(self, path: str) -> bool:
        """Whether a file of the layers below cannot be seen any more."""
        above = list(_folders(path))
        return not self.emptied.isdisjoint(above) or any(one in self.removed or one in self.others for one in (path, *above))


def _folders(path: str) -> t.Iterator[str]:
    """The folders that a path is in; the root is an empty text."""
    while path:
        path = posixpath.dirname(path)
        yield path


def merged(layers: t.Iterable[Layer]) -> dict[str, bytes]:
    """The wanted files of the image, from its lowest layer to its highest."""
    seen: dict[str, bytes] = {}
    for layer in layers:
        seen = {path: content for path, content in seen.items() if not layer.hides(path)} | layer.files
    return seen


class _Checked(io.RawIOBase):
    """Passes on what it reads, and knows its checksum."""

    def __init__(self, source: t.Any) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        piece = self._source.read(len(buffer))
        self.sha256.update(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def read_layer(source: t.Any, digest: str, is_wanted: t.Callable[[str], bool], noted: t.Container[str] = ()) -> Layer:
    """Go through a layer once. Of files that are only `noted`, nothing but their being there is kept."""
    checked = _Checked(source)
    packed = io.BufferedReader(checked, _PIECE)
    try:
        unpacked = _unpacked(packed)
        with tarfile.open(fileobj=unpacked, mode="r|", bufsize=_PIECE) as archive:
            layer = _contents(archive, is_wanted, noted)
        for rest in (unpacked, packed):
            while rest.read(_PIECE):
                pass
    except (tarfile.TarError, EOFError, zlib.error, HTTPException, OSError) as error:
        raise LayerError(f"layer {digest} cannot be read: {error}") from error
    if f"sha256:{checked.sha256.hexdigest()}" != digest:
        raise LayerError(f"layer {digest} is damaged: its content has another checksum")
    return layer


def _unpacked(packed: t.Any) -> t.Any:
    """By its first bytes: what a manifest says of a layer's type is not always so."""
    start = packed.peek(4)[:4]
    if start.startswith(_GZIP):
        return gzip.GzipFile(fileobj=packed)
    if start != _ZSTD:
        return packed
    try:
        return importlib.import_module("compression.zstd").ZstdFile(packed)
    except ImportError as error:
        raise LayerError("a layer is packed with zstd, which Python can read from 3.14 on; pack it with gzip") from error


def _contents(archive: t.Any, is_wanted: t.Callable[[str], bool], noted: t.Container[str]) -> Layer:
    layer = Layer()
    while (member := archive.next()) is not None:
        # The archive would keep all of them.
        archive.members = []
        path = _path(member.name)
        folder, name = posixpath.split(path)
        if name == _OPAQUE:
            layer.emptied.add(folder)
        elif name.startswith(_WHITEOUT):
            layer.removed.add(posixpath.join(folder, name.removeprefix(_WHITEOUT)))
        elif not member.isdir():
            layer.others.add(path)
            if path in noted:
                layer.files[path] = b""
            elif is_wanted(path):
                _keep(layer, archive, member, path)
    return layer


def _keep(layer: Layer, archive: t.Any, member: tarfile.TarInfo, path: str) -> None:
    """A symbolic link is not followed: what it leads to has a path of its own."""
    if member.islnk():
        target = _path(member.linkname)
        if target not in layer.files:
            raise LayerError(f"{path} is a hard link to {target}, which is not read")
        layer.files[path] = layer.files[target]
    elif member.isfile():
        if member.size > _LARGEST:
            raise LayerError(f"{path} has {member.size} bytes, which is no list of packages")
        content = archive.extractfile(member)
        layer.files[path] = content.read() if content else b""


def _path(name: str) -> str:
    """As seen from the root, however the archive writes it."""
    path = posixpath.normpath(name).lstrip("/")
    return "" if path == "." else path
