# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the settings of the images, as one sentence a problem: setting, cause, fix."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._references import HOST, REPOSITORY, TAG, parse, split_registry

Settings = t.Mapping[str, t.Any]
_PLATFORM = re.compile(r"^[a-z0-9]+/[a-z0-9]+(?:/v[0-9]+)?\Z")
_ARGUMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*\Z")
_LONGEST = 255
_PREFIX = "nsfl_images_"


def problems(settings: Settings) -> list[str]:
    """Every problem of the settings; no file is read and nothing is asked over the network."""
    found = [*_registry(settings), *_names(settings)]
    if settings.get("provider") in ("prebuilt", "mirror"):
        found += _prebuilt(settings)
    else:
        found += [*_tree(settings), *_build(settings)]
    return [_PREFIX + text for text in found]


def _text(settings: Settings, key: str) -> str:
    value = settings.get(key)
    return "" if value is None else str(value)


def _tree(settings: Settings) -> t.Iterator[str]:
    tree, url, ref = (_text(settings, key) for key in ("source_tree", "git_url", "git_ref"))
    if not tree and not url:
        yield "source_tree: no source tree is given; set it to a checkout on the controller, or nsfl_images_git_url and its ref"
    if tree and url:
        yield "source_tree: both a folder and nsfl_images_git_url are given; keep one"
    if url and not ref:
        yield "git_ref: which commit of nsfl_images_git_url is not said; give a commit, tag or branch"


def _build(settings: Settings) -> t.Iterator[str]:
    for key in ("http_proxy", "https_proxy"):
        if re.search(r"\s", _text(settings, key)):
            # Not repeated, since an account may be part of it.
            yield f"{key}: it has blanks; give http://HOST:PORT"
    for name in settings.get("build_args") or {}:
        if not _ARGUMENT.match(str(name)):
            yield f"build_args: {name!r} is no name of a build argument; use letters, digits and _"
    for source, target in (settings.get("base_map") or {}).items():
        if not isinstance(target, str):
            yield f"base_map: the replacement of {source!r} is no text; give an image reference"
    platform = _text(settings, "platform")
    if platform and not _PLATFORM.match(platform):
        yield f"platform: {platform!r} is no platform; write it like linux/amd64"
    parallel = settings.get("parallel", 1)
    if not re.fullmatch(r"[0-9]{1,4}", str(parallel)) or int(parallel) < 1:
        yield f"parallel: {parallel!r} is no number of builds; give 1 or more"


def _registry(settings: Settings) -> t.Iterator[str]:
    registry, tag = _text(settings, "registry"), _text(settings, "tag")
    if "@" in registry:
        yield "registry: it has an account in it; give that in nsfl_registry_username and nsfl_registry_password"
    elif "://" in registry:
        yield f"registry: {registry!r} has a scheme; give HOST:PORT, and the scheme in nsfl_images_registry_scheme"
    elif registry:
        host, prefix = split_registry(registry)
        match = HOST.match(host) if len(host) <= _LONGEST else None
        sound = match is not None and _is_port(match["port"]) and not registry.startswith("/")
        if not sound or (prefix and not (len(prefix) <= _LONGEST and REPOSITORY.match(prefix.rstrip("/")))):
            yield f"registry: {registry!r} is no registry; give HOST:PORT, with a path below it if wanted"
    if tag and not TAG.match(tag):
        yield f"tag: {tag!r} is no tag; use letters, digits, _ . and -, at most 128, not . or - first"
    if _text(settings, "registry_username") and not settings.get("registry_password_given"):
        yield "registry_password: the account has no password; set nsfl_registry_password"
    if settings.get("registry_password_given") and not _text(settings, "registry_username"):
        yield "registry_username: a password is given without an account; set nsfl_registry_username"
    if _text(settings, "registry_username") and not registry:
        yield "registry: an account is given but no registry; set nsfl_registry"


def _is_port(port: str | None) -> bool:
    return port is None or 0 < int(port) < 65536


def _names(settings: Settings) -> t.Iterator[str]:
    names = [str(entry.get("name")) for entry in settings.get("catalogue") or []]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"catalogue: {name} is listed twice; keep one"
    for key in ("select", "prebuilt"):
        for name in settings.get(key) or []:
            if str(name) not in names:
                near = difflib.get_close_matches(str(name), names, n=1)
                yield f"{key}: {name!r} is no image of the catalogue; {f'write {near[0]}' if near else 'remove it'}"


def _prebuilt(settings: Settings) -> t.Iterator[str]:
    images = settings.get("prebuilt") or {}
    if not images:
        yield "prebuilt: no image is given; name a reference for each image, or set nsfl_images_provider to build"
    if settings.get("provider") == "mirror" and not _text(settings, "registry"):
        yield "registry: there is no registry to copy the images to; set nsfl_registry"
    for name, reference in images.items():
        try:
            parse(str(reference))
        except ValueError as error:
            yield f"prebuilt: {name}: {error}; write it as REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST"
