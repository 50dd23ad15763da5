# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds of planned images, with the builder and the folder that a call of the module names."""

from __future__ import annotations

import shutil
import typing as t
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_accounts import write_account
from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import Builder, BuilderError
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlannedImage
from ansible_collections.neursafe.fl.plugins.module_utils._image_run import (
    LOGS,
    Progress,
    in_dependency_order,
    sole_run,
    stopped_by_signals,
)
from ansible_collections.neursafe.fl.plugins.module_utils._image_source import revision_of
from ansible_collections.neursafe.fl.plugins.module_utils._image_trust import check_daemon
from ansible_collections.neursafe.fl.plugins.module_utils._registries import Registries

_LABEL_CONTENT = "org.neursafe.fl.content"
_LABEL_REVISION = "org.opencontainers.image.revision"


def build_args(params: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The build arguments as the builder takes them."""
    return {name: str(value) for name, value in params["build_args"].items()}


class Builds:
    """What one call of the module builds with."""

    def __init__(self, params: t.Mapping[str, t.Any], registries: Registries) -> None:
        self._params = params
        self._registries = registries
        self._logs = Path(params["cache_dir"]) / LOGS
        self._builder = Builder(
            kind=params["builder"],
            path=params["builder_path"] or "",
            buildx_path=params["buildx_path"] or "",
            network=params["network"],
            platform=params["platform"],
            build_args=build_args(params),
            secrets={name: str(path) for name, path in params["build_secrets"].items()},
            pull=params["pull"],
            registry=registries.host,
            insecure=registries.at(registries.host).is_insecure,
            timeout=params["build_timeout"],
        )

    def local_ids(self, references: t.Sequence[str]) -> dict[str, str]:
        """The images that the builder itself has, by reference."""
        self._builder.prepare()
        return self._builder.local_ids(references)

    def check(self) -> None:
        """Raise when nothing can be built here."""
        builder = self._builder
        builder.prepare()
        if builder.kind == "docker" and builder.registry:
            check_daemon(builder.registry, self._params["registry_ca_path"], builder.insecure, builder.registry_rules())
        for name, path in builder.secrets.items():
            if not Path(path).is_file():
                raise BuilderError(f"the file of the build secret {name} is missing: {path}; correct the path", "build_secrets")
        folder = builder.storage_folder() if self._params["min_free_mb"] else ""
        free = shutil.disk_usage(folder).free // 2**20 if folder else self._params["min_free_mb"]
        if free < self._params["min_free_mb"]:
            wanted = self._params["min_free_mb"]
            raise BuilderError(f"only {free} MB are free in {folder}, {wanted} MB are wanted for the builds; make room", "min_free_mb")

    @contextmanager
    def alone(self) -> t.Iterator[Path]:
        """While no other run builds with the folder; gives a private one, which is gone afterwards."""
        folder = Path(self._params["cache_dir"])
        with sole_run(folder, self._params["build_timeout"]) as private, stopped_by_signals(self._builder):
            yield private

    def build(self, images: t.Sequence[PlannedImage], private: Path) -> dict[str, dict[str, float]]:
        """Build and push them; the seconds of each phase by image."""
        builder = self._builder
        builder.certificates = self._registries.certificates(builder.registry, private)
        if builder.registry and self._params["registry_username"]:
            builder.environment.update(
                write_account(private, builder.registry, self._params["registry_username"], self._params["registry_password"])
            )
        builder.prepare()
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        progress = Progress(self._logs, len(images))
        revision = revision_of(self._params["source"])
        in_dependency_order(images, lambda one: self._have(one, private, progress, revision), self._params["parallel"])
        return progress.seconds

    def _have(self, image: PlannedImage, private: Path, progress: Progress, revision: str) -> None:
        log = self._logs / f"{image.name}.log"
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)
        labels = {_LABEL_CONTENT: image.content, **({_LABEL_REVISION: revision} if revision else {})}
        with progress.phase(image.name, "build"):
            self._builder.build(image, private, Path(self._params["source"]), labels, log)
        if self._params["registry"]:
            with progress.phase(image.name, "push"):
                self._builder.push(image, log)
