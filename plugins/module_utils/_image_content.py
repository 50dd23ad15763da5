# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a digest in a registry leads to: the manifest of one platform, the image's configuration, its layers."""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.neursafe.fl.plugins.module_utils._image_layers import Layer, LayerError, read_layer
from ansible_collections.neursafe.fl.plugins.module_utils._references import Reference
from ansible_collections.neursafe.fl.plugins.module_utils._registry import Registry, RegistryError

_LARGEST_CONFIG = 16 * 2**20
Answer = dict[str, t.Any]


@dataclass(frozen=True)
class Content:
    """One image for one platform: the digest of its manifest, its configuration, and the digests of its layers from the lowest up."""

    digest: str
    config: Answer
    layers: tuple[str, ...]

    @property
    def platform(self) -> str:
        """As it is written in settings."""
        parts = (self.config.get("os") or "linux", self.config.get("architecture") or "unknown", self.config.get("variant") or "")
        return "/".join(part for part in parts if part)


def content_of(reference: Reference, registry: Registry, platform: str) -> Content:
    """Follow a reference that has a digest; of images for several platforms, the one that is wanted."""
    manifest = _manifest(reference, registry)
    if "manifests" in manifest:
        reference = reference.pinned(_variant(manifest["manifests"], platform, reference))
        manifest = _manifest(reference, registry)
    try:
        config = manifest["config"]["digest"]
        layers = tuple(str(layer["digest"]) for layer in manifest["layers"])
    except (KeyError, TypeError) as error:
        raise RegistryError(f"{reference} is no image with layers; name another, or build it anew", "images") from error
    with registry.blob(reference.repository, config) as answer:
        told = answer.read(_LARGEST_CONFIG)
    return Content(reference.digest, _checked(told, config, f"the configuration of {reference}"), layers)


def layer_of(repository: str, digest: str, registry: Registry, is_wanted: t.Callable[[str], bool], noted: t.Container[str]) -> Layer:
    """Read one layer as it comes."""
    with registry.blob(repository, digest) as answer:
        try:
            return read_layer(answer, digest, is_wanted, noted)
        except LayerError as error:
            raise RegistryError(f"{registry.host}/{repository}: {error}", "images") from error


def _manifest(reference: Reference, registry: Registry) -> Answer:
    return _checked(registry.manifest(reference)[1], reference.digest, f"the manifest of {reference}")


def _checked(text: bytes, digest: str, what: str) -> Answer:
    """What a registry has given, when it is what was asked for."""
    if f"sha256:{hashlib.sha256(text).hexdigest()}" != digest:
        raise RegistryError(f"{what} is damaged: its content has another checksum than {digest}", "images")
    loaded = json.loads(text)
    if not isinstance(loaded, dict):
        raise RegistryError(f"{what} is none; name another image", "images")
    return loaded


def _variant(listed: t.Sequence[Answer], platform: str, reference: Reference) -> str:
    """The digest for a platform, or the only one there is. (What is for an unknown one is no image, but says how one was built.)"""
    digests: dict[str, str] = {}
    for one in listed:
        at = one.get("platform") or {}
        name = "/".join(str(at[key]) for key in ("os", "architecture", "variant") if at.get(key))
        if at.get("architecture") != "unknown":
            digests.setdefault(name, str(one["digest"]))
    for name in (platform, *sorted(name for name in digests if name.startswith(f"{platform}/"))):
        if name in digests:
            return digests[name]
    if len(digests) == 1:
        return next(iter(digests.values()))
    raise RegistryError(f"{reference} is not there for {platform}, but for {', '.join(sorted(digests)) or 'nothing'}; name one", "platform")
