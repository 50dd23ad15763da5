# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bills of materials of images: what lacks one is read from its registry, each layer once for all images that have it."""

from __future__ import annotations

import os
import re
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_content import Content, content_of, layer_of
from ansible_collections.neursafe.fl.plugins.module_utils._image_layers import Layer, merged
from ansible_collections.neursafe.fl.plugins.module_utils._image_packages import RPM, is_wanted, packages, system
from ansible_collections.neursafe.fl.plugins.module_utils._layer_cache import LayerCache
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError, told
from ansible_collections.neursafe.fl.plugins.module_utils._references import Reference, parse
from ansible_collections.neursafe.fl.plugins.module_utils._registries import Registries
from ansible_collections.neursafe.fl.plugins.module_utils._sbom_files import sbom_file
from ansible_collections.neursafe.fl.plugins.module_utils._spdx import Image, as_text, document
from ansible_collections.neursafe.fl.plugins.module_utils._telling import telling
from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole

# Unpacking gains little from more: there is one interpreter.
_LAYERS_AT_ONCE = 4
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_UNKNOWN = "(known in the real run)"
_EXPECTED = (OptionError, OSError, ValueError)


class SbomError(Exception):
    """A bill of materials cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Wanted:
    """One image, by digest, and the file that is to tell of it."""

    name: str
    reference: Reference
    path: Path


def _missing(wanted: t.Sequence[Wanted]) -> list[Wanted]:
    return [one for one in wanted if not one.path.is_file()]


class SbomService:
    """One call of the module."""

    def __init__(self, params: t.Mapping[str, t.Any], check_mode: bool) -> None:
        self._params = params
        self._check_mode = check_mode
        self._registries = Registries(params)
        self._cache = LayerCache(params["cache_dir"] or "")
        self.warnings: list[str] = []

    def run(self) -> dict[str, t.Any]:
        """Make the files that are missing; the result of the module."""
        try:
            wanted = self._wanted()
            todo = _missing(wanted)
            if todo and not self._check_mode:
                with self._cache.alone():  # which somebody may be filling for this
                    self._make(todo)
        except _EXPECTED as error:
            raise SbomError(told(error, self._params["labels"])) from error
        files = [os.fspath(one.path) for one in wanted]
        new = [os.fspath(one.path) for one in todo]
        before = "".join(f"{path}\n" for path in files if path not in new)
        return {
            "changed": bool(todo),
            "files": {one.name: os.fspath(one.path) for one in wanted},
            "missing": [one.name for one in todo],
            "changes": [f"list the packages of {one.name}" for one in todo],
            "diff": {"before": before, "after": "".join(f"{path}\n" for path in files)},
        }

    def read_ahead(self) -> None:
        """Read the layers of what lacks a file into the cache, where a later call finds them."""
        with self._cache.alone():
            self._layers({one.reference: self._content(one.reference) for one in _missing(self._wanted())})

    def _wanted(self) -> list[Wanted]:
        references: dict[str, Reference] = {}
        for name, text in sorted(self._params["images"].items()):
            if not _NAME.match(name):
                raise OptionError(f"{name!r} is no name for a file; use letters, digits, . _ and -", "images")
            references[name] = parse(str(text)) if text else Reference("", name)
        answers = self._registries.digests({one for one in references.values() if one.registry and not one.digest})
        pinned = {name: one if one.digest else one.pinned(answers.get(one) or "") for name, one in references.items()}
        lost = [f"{name} ({references[name]})" for name, one in pinned.items() if not one.digest]
        if lost and not self._check_mode:
            raise OptionError(f"no such image in its registry: {', '.join(lost)}; build it or correct the reference", "images")
        folder = Path(self._params["sbom_dir"])
        return [Wanted(name, one, sbom_file(folder, name, one.digest or _UNKNOWN)) for name, one in pinned.items()]

    def _make(self, todo: t.Sequence[Wanted]) -> None:
        contents = {one.name: self._content(one.reference) for one in todo}
        layers = self._layers({one.reference: contents[one.name] for one in todo})
        for one in todo:
            self._write(one, contents[one.name], layers)

    def _content(self, reference: Reference) -> Content:
        return content_of(replace(reference, tag=""), self._registries.at(reference.registry), self._params["platform"])

    def _layers(self, images: t.Mapping[Reference, Content]) -> dict[str, Layer]:
        places = {digest: reference for reference, content in images.items() for digest in content.layers}

        kept = {digest: layer for digest in places if (layer := self._cache.get(digest))}
        new = [digest for digest in places if digest not in kept]

        def read(digest: str) -> Layer:
            place = places[digest]
            return layer_of(place.repository, digest, self._registries.at(place.registry), is_wanted, RPM)

        with ThreadPoolExecutor(max_workers=_LAYERS_AT_ONCE) as pool:
            found = dict(zip(new, telling("read layers", pool.map(read, new), len(new)), strict=True))
        for digest, layer in found.items():
            self._cache.put(digest, layer)
        return kept | found

    def _write(self, one: Wanted, content: Content, layers: t.Mapping[str, Layer]) -> None:
        files = merged(layers[digest] for digest in content.layers)
        has_rpm = not RPM.isdisjoint(files)
        if has_rpm:
            self.warnings.append(f"image {one.name} has a database of RPM, which is not read: its packages are not listed")
        image = Image(
            name=one.name,
            digest=one.reference.digest,
            manifest=content.digest,
            platform=content.platform,
            created=content.config.get("created") or "",
            labels=(content.config.get("config") or {}).get("Labels") or {},
        )
        write_whole(one.path, as_text(document(image, packages(files), system(files), has_rpm)).encode())
