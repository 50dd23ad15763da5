# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registries of one run: the one that gets the images, with its account and certificate, and any other that an image comes from."""

from __future__ import annotations

import shutil
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_accounts import logged_in
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlanError
from ansible_collections.neursafe.fl.plugins.module_utils._references import Reference, parse, split_registry
from ansible_collections.neursafe.fl.plugins.module_utils._registry import Registry

LOOKUPS_AT_ONCE = 8
# Options of modules that ask a registry; documented in the fragment `registry`.
ACCOUNT: dict[str, dict[str, t.Any]] = {
    "registry_username": {"type": "str", "default": ""},
    "registry_password": {"type": "str", "default": "", "no_log": True},
    "registry_scheme": {"type": "str", "choices": ["auto", "http", "https"], "default": "auto"},
    "registry_ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
}


class Registries:
    """One connection per host, made when it is first asked for."""

    def __init__(self, params: t.Mapping[str, t.Any]) -> None:
        self._params = params
        self._known: dict[str, Registry] = {}
        self.host, self.prefix = split_registry(params["registry"])

    def at(self, host: str) -> Registry:
        """The registry of that name; accounts of others than our own are those that the user has logged in with."""
        if host not in self._known:
            self._known[host] = self._own() if host == self.host else Registry(host, *logged_in(host))
        return self._known[host]

    def _own(self) -> Registry:
        return Registry(
            host=self.host,
            username=self._params["registry_username"],
            password=self._params["registry_password"],
            scheme=self._params["registry_scheme"],
            validate_certs=self._params["validate_certs"],
            ca_path=self._params["registry_ca_path"],
        )

    def ping(self) -> None:
        """Ask the registry that gets the images, when there is one."""
        if self.host:
            self.at(self.host).ping()

    def digests(self, references: t.Collection[Reference]) -> dict[Reference, str | None]:
        """The digest of each reference, or None where the registry does not have it."""
        for host in {reference.registry for reference in references}:
            self.at(host).ping()
        with ThreadPoolExecutor(max_workers=LOOKUPS_AT_ONCE) as pool:
            return dict(pool.map(lambda one: (one, self.at(one.registry).digest(one)), references))

    def located(self, images: t.Mapping[str, t.Any]) -> list[tuple[str, Reference, str]]:
        """Name, reference and digest of given images; nobody is asked for those that are named by digest."""
        references = {name: parse(str(text)) for name, text in images.items()}
        answers = self.digests({one for one in references.values() if not one.digest})
        found = [(name, one, one.digest or answers[one] or "") for name, one in references.items()]
        lost = [f"{name} ({one})" for name, one, digest in found if not digest]
        if lost:
            raise PlanError(f"no such image in its registry: {', '.join(lost)}; build it or correct the reference", "prebuilt")
        return found

    def certificates(self, host: str, folder: Path) -> str:
        """The folder, made now, that gives podman, buildah and skopeo the authority of that registry; empty when none is given."""
        if host != self.host or not self._params["registry_ca_path"]:
            return ""
        certificates = folder / "certificates"
        certificates.mkdir(exist_ok=True)
        shutil.copyfile(self._params["registry_ca_path"], certificates / "ca.crt")
        return str(certificates)
