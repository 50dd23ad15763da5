# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the images: plan, ask the registry, build what it lacks, push, name by digest, write the manifest."""

from __future__ import annotations

import os
import typing as t
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_build import Builds, build_args
from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import BuilderError
from ansible_collections.neursafe.fl.plugins.module_utils._image_manifest import Manifest
from ansible_collections.neursafe.fl.plugins.module_utils._image_mirror import Copy, check_program, copy_all, missing, plan_copies
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlanError, PlannedImage, Settings, make_plan
from ansible_collections.neursafe.fl.plugins.module_utils._image_run import LOGS
from ansible_collections.neursafe.fl.plugins.module_utils._image_source import GitSource
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import told
from ansible_collections.neursafe.fl.plugins.module_utils._registries import LOOKUPS_AT_ONCE, Registries
from ansible_collections.neursafe.fl.plugins.module_utils._registry import RegistryError
from ansible_collections.neursafe.fl.plugins.module_utils._sbom_files import is_complete

_DOCKERFILES = "deploy/docker-images/dockerfiles"
_UNBUILT = "(built in the real run)"


class ImagesError(Exception):
    """The images cannot be had; the text says why and what to do."""


_EXPECTED = (PlanError, RegistryError, BuilderError, OSError, ValueError)


class ImageService:
    """One call of the module."""

    def __init__(self, params: t.Mapping[str, t.Any], check_mode: bool) -> None:
        self._params = params
        self._check_mode = check_mode
        self.log_dir = Path(params["cache_dir"]) / LOGS
        self.actions: dict[str, str] = {}
        self._manifest = Manifest(Path(params["manifest_file"]))
        self._registries = Registries(params)
        self._commit = ""

    @cached_property
    def _builds(self) -> Builds:
        return Builds(self._params, self._registries)

    def run(self) -> dict[str, t.Any]:
        """Make the images present; the result of the module."""
        try:
            if self._params["mirror"]:
                return self._finish(self._mirror(), {})
            if self._params["prebuilt"]:
                return self._finish(self._resolve_prebuilt(), {})
            if self._source_comes_later():
                return self._predict()
            return self._build_all()
        except _EXPECTED as error:
            raise ImagesError(told(error, self._params["labels"])) from error

    def check(self) -> dict[str, t.Any]:
        """What would go wrong, and whether there is anything to do at all."""
        result: dict[str, t.Any] = {"problems": [], "up_to_date": False, "log_dir": str(self.log_dir)}
        try:
            if self._params["mirror"]:
                copies = self._plan_mirror()
                entries = {one.name: one.entry() for one in copies}
                result["up_to_date"] = "copied" not in self.actions.values() and self._is_written(entries)
            elif self._params["prebuilt"]:
                result["up_to_date"] = self._is_written(self._resolve_prebuilt())
            elif self._source_comes_later():
                self._registries.ping()
                self._builds.check()
            else:
                plan = self._plan()
                known, missing = self._needs(plan)
                if missing:
                    self._builds.check()
                entries = {image.name: self._entry(image, known.get(image.name)) for image in plan}
                result.update(up_to_date=self._is_idle() and self._is_written(entries), images=entries)
        except _EXPECTED as error:
            result["problems"] = [told(error, self._params["labels"]), *(self._registry_problems() if isinstance(error, PlanError) else [])]
        return {**result, "commit": self._commit}

    def _is_idle(self) -> bool:
        return all(action == "present" for action in self.actions.values())

    def _is_written(self, entries: dict[str, dict[str, str]]) -> bool:
        return not self._manifest.would_change(entries) and is_complete(self._params["sbom_dir"] or "", entries)

    def _registry_problems(self) -> list[str]:
        """Asked on its own when the plan has come to nothing, so that one run tells of both."""
        try:
            self._registries.ping()
        except _EXPECTED as error:
            return [told(error, self._params["labels"])]
        return []

    # --- plan and look-ups -------------------------------------------------------------------------------------------

    def _source_comes_later(self) -> bool:
        """Whether the tree that counts is still to be checked out by the caller, at the commit noted here."""
        if not self._params["git_url"]:
            return False
        checkout = GitSource(self._params["git_url"], self._params["git_ref"], Path(self._params["source"]))
        self._commit = checkout.commit()
        return not checkout.is_at(self._commit)

    def _plan(self) -> list[PlannedImage]:
        source = Path(self._params["source"] or "")
        if not self._params["source"] or not source.is_dir():
            given = self._params["source"] or "(none given)"
            raise PlanError(f"the source tree {given} is no folder on the controller; name the checkout to build from", "source")
        dockerfiles = Path(self._params["dockerfiles"] or source / _DOCKERFILES)
        if not dockerfiles.is_dir():
            raise PlanError(f"the source tree has no build files at {dockerfiles}; name the root of the tree instead of {source}", "source")
        settings = Settings(
            source=source,
            dockerfiles=dockerfiles,
            registry=self._params["registry"],
            base_map=self._params["base_map"],
            build_args=build_args(self._params),
            platform=self._params["platform"],
        )
        return make_plan(self._params["catalogue"], self._params["select"], settings)

    def _look_up(self, plan: t.Sequence[PlannedImage]) -> tuple[dict[str, str], dict[str, str]]:
        """The digests by image name under the content tags and under the tag for people."""
        if not self._params["registry"]:
            ids = self._builds.local_ids([str(image.reference) for image in plan])
            return {image.name: ids[str(image.reference)] for image in plan if str(image.reference) in ids}, {}
        tag = self._params["tag"]
        contents = {image.reference: image.name for image in plan}
        people = {image.reference.with_tag(tag): image.name for image in plan} if tag else {}
        answers = self._registries.digests([*contents, *people])
        known = {name: digest for one, name in contents.items() if (digest := answers[one])}
        tagged = {name: digest for one, name in people.items() if (digest := answers[one])}
        return known, tagged

    def _decide(self, plan: t.Sequence[PlannedImage], known: dict[str, str], tagged: dict[str, str]) -> list[PlannedImage]:
        """Note what each image needs; answers those to build. Refuses to move a tag that is to be kept."""
        tag = self._params["tag"]
        moved = [name for name, digest in tagged.items() if known.get(name) != digest]
        if moved and self._params["tag_policy"] == "keep":
            raise PlanError(f"tag {tag} already names other content of {', '.join(moved)} in the registry; choose another tag", "tag")
        for image in plan:
            if image.name not in known or self._params["force"]:
                self.actions[image.name] = "built"
            elif tag and self._params["registry"] and tagged.get(image.name) != known[image.name]:
                self.actions[image.name] = "tagged"
            else:
                self.actions[image.name] = "present"
        return [image for image in plan if self.actions[image.name] == "built"]

    def _resolve_prebuilt(self) -> dict[str, dict[str, str]]:
        found = self._registries.located(self._params["prebuilt"])
        self.actions = {name: "present" for name, _reference, _digest in found}
        return {name: {"image": str(one), "digest": digest, "reference": str(one.pinned(digest))} for name, one, digest in found}

    # --- mirror ------------------------------------------------------------------------------------------------------

    def _plan_mirror(self) -> list[Copy]:
        copies = plan_copies(self._params["prebuilt"], self._registries)
        lacking = missing(copies, self._registries)
        self.actions = {one.name: "copied" if one in lacking else "present" for one in copies}
        if lacking:
            check_program()
        return copies

    def _mirror(self) -> dict[str, dict[str, str]]:
        copies = self._plan_mirror()
        todo = [one for one in copies if self.actions[one.name] == "copied"]
        if todo and not self._check_mode:
            copy_all(todo, self._registries, self._params)
        return {one.name: one.entry() for one in copies}

    # --- build -------------------------------------------------------------------------------------------------------

    def _build_all(self) -> dict[str, t.Any]:
        plan = self._plan()
        known, _missing = self._needs(plan)
        if self._check_mode or self._is_idle():
            return self._named(plan, known, {})
        with self._builds.alone() as private:
            known, missing = self._needs(plan)  # whoever had the folder before may have built them
            phases = self._builds.build(missing, private) if missing else {}
            known = {**known, **self._look_up(missing)[0]}
            lost = [image.name for image in missing if image.name not in known]
            if lost:
                raise BuilderError(f"pushed, but not found in the registry afterwards: {', '.join(lost)}")
            self._tag(plan, known)
            return self._named(plan, known, phases)

    def _needs(self, plan: t.Sequence[PlannedImage]) -> tuple[dict[str, str], list[PlannedImage]]:
        """The digests by image name, and what is to be built; what each image needs is noted."""
        known, tagged = self._look_up(plan)
        return known, self._decide(plan, known, tagged)

    def _named(self, plan: t.Sequence[PlannedImage], known: dict[str, str], phases: dict[str, dict[str, float]]) -> dict[str, t.Any]:
        return self._finish({image.name: self._entry(image, known.get(image.name)) for image in plan}, phases)

    def _tag(self, plan: t.Sequence[PlannedImage], known: t.Mapping[str, str]) -> None:
        """Give the tag for people to what lacks it, by the registry's API: no layer is pushed again."""
        tag = self._params["tag"]
        if not tag or not self._params["registry"]:
            return
        todo = [image for image in plan if self.actions[image.name] != "present"]
        with ThreadPoolExecutor(max_workers=LOOKUPS_AT_ONCE) as pool:
            list(pool.map(lambda one: self._registries.at(one.reference.registry).retag(one.reference, tag), todo))

    # --- result ------------------------------------------------------------------------------------------------------

    def _entry(self, image: PlannedImage, digest: str | None) -> dict[str, str]:
        named = image.reference.with_tag(self._params["tag"] or image.content_tag)
        if digest is None:
            return {"image": str(named), "digest": _UNBUILT, "reference": str(image.reference)}
        pinned = image.reference.pinned(digest) if self._params["registry"] else image.reference
        return {"image": str(named), "digest": digest, "reference": str(pinned)}

    def _predict(self) -> dict[str, t.Any]:
        """Check mode before the tree is checked out: everything counts as built."""
        self._registries.ping()
        names = self._params["select"] or [entry["name"] for entry in self._params["catalogue"]]
        self.actions = dict.fromkeys(names, "built")
        news = self._manifest.news(self._manifest.read(), self.actions)
        entries = {name: {"image": name, "digest": _UNBUILT, "reference": ""} for name in names}
        return {"changed": True, "images": entries, "actions": self.actions, "changes": news, "log_dir": str(self.log_dir)}

    def _finish(self, entries: dict[str, dict[str, str]], phases: dict[str, dict[str, float]]) -> dict[str, t.Any]:
        wanted = self._manifest.merged(entries, [entry["name"] for entry in self._params["catalogue"]])
        news = self._manifest.news(wanted, self.actions)
        diff = self._manifest.write(wanted, dry=self._check_mode)
        return {
            "changed": not self._is_idle() or diff is not None,
            "images": wanted,
            "actions": self.actions,
            "changes": news,
            "phases": phases,
            "log_dir": os.fspath(self.log_dir),
            "diff": diff or {},
        }
