# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of images from other registries, byte for byte, for sites whose clusters reach only a registry of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs
from ansible_collections.neursafe.fl.plugins.module_utils._image_accounts import write_account
from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import BuilderError
from ansible_collections.neursafe.fl.plugins.module_utils._image_run import sole_run
from ansible_collections.neursafe.fl.plugins.module_utils._references import Reference
from ansible_collections.neursafe.fl.plugins.module_utils._registries import Registries
from ansible_collections.neursafe.fl.plugins.module_utils._telling import telling

_PROGRAM = "skopeo"
_LINES_SHOWN = 5


@dataclass(frozen=True)
class Copy:
    """One image: where it is, where it is to be, and its digest, which is the same in both."""

    name: str
    source: Reference
    target: Reference
    digest: str

    def entry(self) -> dict[str, str]:
        """What the manifest says of it."""
        return {"image": str(self.target), "digest": self.digest, "reference": str(self.target.pinned(self.digest))}


def plan_copies(images: t.Mapping[str, t.Any], registries: Registries) -> list[Copy]:
    """The copies wanted; a source that is named by digest need not be reachable for that."""
    return [_copy(name, one, digest, registries) for name, one, digest in registries.located(images)]


def _copy(name: str, source: Reference, digest: str, registries: Registries) -> Copy:
    tag = source.tag or f"m-{digest.partition(':')[2][:12]}"
    return Copy(name, source, Reference(registries.host, f"{registries.prefix}{name}", tag), digest)


def missing(copies: t.Sequence[Copy], registries: Registries) -> list[Copy]:
    """Those that the registry does not have under their tag."""
    known = registries.digests({one.target for one in copies})
    return [one for one in copies if known[one.target] != one.digest]


def check_program() -> None:
    """Raise when there is nothing to copy with."""
    if shutil.which(_PROGRAM) is None:
        raise BuilderError(f"{_PROGRAM} is not installed on the controller; install it, or have the images built", "mirror")


def copy_all(copies: t.Sequence[Copy], registries: Registries, params: t.Mapping[str, t.Any]) -> None:
    """Copy them side by side; raises with what went wrong with each that failed."""
    check_program()
    with sole_run(Path(params["cache_dir"]), params["build_timeout"]) as private:
        environment = dict(os.environ)
        if params["registry_username"]:
            environment |= write_account(private, registries.host, params["registry_username"], params["registry_password"])

        def run(one: Copy) -> str:
            try:
                done = programs.run(copy_command(one, registries, private), timeout=params["build_timeout"], env=environment)
            except subprocess.TimeoutExpired:
                return f"image {one.name}: the copy of {one.source} is not done after {params['build_timeout']} s"
            lines = "\n".join(done.stderr.splitlines()[-_LINES_SHOWN:])
            return f"image {one.name}: the copy of {one.source} failed\n{lines}" if done.returncode else ""

        with ThreadPoolExecutor(max_workers=params["parallel"]) as pool:
            failures = [text for text in telling("copy images", pool.map(run, copies), len(copies)) if text]
    if failures:
        raise BuilderError("\n".join(failures))


def copy_command(one: Copy, registries: Registries, folder: Path) -> list[str]:
    """Every platform of the image and the same digest, so that what is pinned there is pinned here."""
    command = [_PROGRAM, "copy", "--all", "--preserve-digests"]
    for side, reference in (("src", one.source), ("dest", one.target)):
        registry = registries.at(reference.registry)
        certificates = registries.certificates(reference.registry, folder)
        command += [f"--{side}-cert-dir", certificates] if certificates else []
        command += [f"--{side}-tls-verify=false"] if registry.is_insecure else []
    source = one.source.pinned(one.digest)
    return [*command, f"docker://{source}", f"docker://{one.target}"]
