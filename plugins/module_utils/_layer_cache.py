# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found in layers, kept by their digests: of an image that is built anew, most layers are those of before.

Unpacking takes about a second for 100 MB of a layer, what is kept of it some kilobytes.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import typing as t
import zlib
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_layers import Layer
from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole

# To be raised when other files of a layer are wanted than before.
_EDITION = 1
# Bytes as text, one for one.
_PLAIN = "latin-1"


class LayerCache:
    """A folder of such files, or none."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder) if folder else None

    @contextmanager
    def alone(self) -> t.Iterator[None]:
        """While no other process fills it."""
        if not self._folder:
            yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "layers.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def get(self, digest: str) -> Layer | None:
        """What is known of a layer; nothing when its file is missing or damaged."""
        if not self._folder:
            return None
        try:
            kept = json.loads(gzip.decompress(self._path(self._folder, digest).read_bytes()))
            files = {path: content.encode(_PLAIN) for path, content in kept["files"].items()}
            return Layer(files, set(kept["removed"]), set(kept["emptied"]), set(kept["others"]))
        except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError):
            return None

    def put(self, digest: str, layer: Layer) -> None:
        """Keep it."""
        if self._folder:
            kept = {
                "files": {path: content.decode(_PLAIN) for path, content in layer.files.items()},
                **{name: sorted(getattr(layer, name)) for name in ("removed", "emptied", "others")},
            }
            write_whole(self._path(self._folder, digest), gzip.compress(json.dumps(kept).encode(), compresslevel=1, mtime=0))

    @staticmethod
    def _path(folder: Path, digest: str) -> Path:
        return folder / "layers" / f"{digest.replace(':', '-')}.{_EDITION}.json.gz"
