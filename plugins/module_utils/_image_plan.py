# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to build: each image of the catalogue with its rewritten build file, the images it needs, and its content digest.

The content digest covers what decides an image's content: the part of the tree its build file copies, the build file, the
arguments, the platform and, through the rewritten FROM line, the content of the image it starts from. Proxies and the
network are ways to reach something, not content, so they are left out.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils import _dockerfile
from ansible_collections.neursafe.fl.plugins.module_utils._build_context import ContextHasher, ignore_lines
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError
from ansible_collections.neursafe.fl.plugins.module_utils._references import Reference, split_registry

PROXY_ARGUMENTS = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
CONTENT_TAG_LENGTH = 12


class PlanError(OptionError):
    """The tree, the catalogue or the settings do not fit together."""


@dataclass(frozen=True)
class Settings:
    """What a user chooses about the builds of one tree."""

    source: Path
    dockerfiles: Path
    registry: str = ""
    base_map: t.Mapping[str, str] | None = None
    build_args: t.Mapping[str, str] | None = None
    platform: str = ""


@dataclass(frozen=True)
class PlannedImage:
    """One image to have: where it comes from and the name its content gives it."""

    name: str
    needs: tuple[str, ...]
    build_file: str
    ignore_rules: tuple[str, ...]
    content: str
    reference: Reference

    @property
    def content_tag(self) -> str:
        """The tag under which exactly this content is found."""
        return self.reference.tag


def make_plan(catalogue: t.Sequence[t.Mapping[str, str]], select: t.Sequence[str], settings: Settings) -> list[PlannedImage]:
    """The selected images and those they start from, in an order in which they can be built."""
    files = {str(entry["name"]): settings.dockerfiles / str(entry["dockerfile"]) for entry in catalogue}
    unknown = sorted(set(select) - set(files))
    if unknown:
        raise PlanError(f"unknown images {', '.join(unknown)}; the catalogue has {', '.join(files)}", "select")
    texts = {name: _read(name, path) for name, path in files.items()}
    needs = {name: _needs(texts[name], files, settings) for name in files}
    hasher = ContextHasher(settings.source)
    planned: dict[str, PlannedImage] = {}
    for name in _order(list(select) or list(files), needs):
        planned[name] = _plan_one(name, files[name], texts[name], needs[name], planned, settings, hasher)
    return list(planned.values())


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PlanError(f"the build file of {name} is missing: {path}; correct the tree, or the catalogue", "source") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"the build file of {name} cannot be read: {error}; correct it", "source") from error


def _own_name(reference: str, names: t.Container[str]) -> str | None:
    """The catalogue's image that a FROM line means: `nsfl-base:latest` or `nsfl-base`, whatever tag stands there."""
    name = reference.partition("@")[0].partition(":")[0]
    return name if "/" not in name and name in names else None


def _needs(text: str, files: t.Mapping[str, Path], settings: Settings) -> tuple[str, ...]:
    names = []
    for reference in _dockerfile.references(text, settings.build_args or {}):
        name = _own_name(reference, files)
        if name is not None and reference not in (settings.base_map or {}):
            names.append(name)
    return tuple(names)


def _order(wanted: t.Sequence[str], needs: t.Mapping[str, tuple[str, ...]]) -> list[str]:
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise PlanError(f"build files start from each other in a circle: {' <- '.join([*path, name])}; cut it", "catalogue")
        if name not in done:
            for other in needs[name]:
                visit(other, (*path, name))
            done.append(name)

    for name in wanted:
        visit(name, ())
    return done


def _plan_one(
    name: str,
    path: Path,
    text: str,
    needs: tuple[str, ...],
    planned: t.Mapping[str, PlannedImage],
    settings: Settings,
    hasher: ContextHasher,
) -> PlannedImage:
    arguments = settings.build_args or {}
    ignore_rules = ignore_lines(settings.source, path)
    neutral = _dockerfile.rewrite(text, _replacement(settings, planned, lambda one: f"{one.name}:{one.content}"), arguments)
    parts = {
        "tree": hasher.digest(_dockerfile.copied_paths(text), ignore_rules),
        "ignored": list(ignore_rules),
        "build_file": neutral,
        "arguments": {key: arguments[key] for key in sorted(arguments) if key not in PROXY_ARGUMENTS},
        "platform": settings.platform,
    }
    content = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    host, prefix = split_registry(settings.registry)
    return PlannedImage(
        name=name,
        needs=needs,
        build_file=_dockerfile.rewrite(text, _replacement(settings, planned, lambda one: str(one.reference)), arguments),
        ignore_rules=tuple(ignore_rules),
        content=content,
        reference=Reference(host, f"{prefix}{name}", f"c-{content[:CONTENT_TAG_LENGTH]}"),
    )


def _replacement(
    settings: Settings, planned: t.Mapping[str, PlannedImage], show: t.Callable[[PlannedImage], str]
) -> t.Callable[[str], str | None]:
    def replace(reference: str) -> str | None:
        base_map = settings.base_map or {}
        for spelling in (reference, reference.removesuffix(":latest"), reference.removeprefix("docker.io/library/")):
            if spelling in base_map:
                return base_map[spelling]
        name = _own_name(reference, planned)
        return show(planned[name]) if name is not None else None

    return replace
