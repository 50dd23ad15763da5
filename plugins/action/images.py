# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module images, without a process of its own on the controller while it only looks, and beside the run where it is to begin."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.neursafe.fl.plugins.module_utils._image_sbom import SbomService
from ansible_collections.neursafe.fl.plugins.modules import image_sbom, images
from ansible_collections.neursafe.fl.plugins.plugin_utils._beside import end_with, leave_behind
from ansible_collections.neursafe.fl.plugins.plugin_utils._in_process import InProcessAction, answer


class ActionModule(InProcessAction):
    module = images

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if self._task.args.get("state") != "begun":
            return super().run(tmp, task_vars)
        if self._task.check_mode or not self._is_here(task_vars or {}):
            return {"changed": False}
        arguments = {**self._task.args, "state": "present"}
        foreseen = answer(images, arguments, check_mode=True, diff=self._task.diff)
        if foreseen["changed"]:
            playbook = os.getppid()  # of the worker that this is
            leave_behind(lambda: _have(arguments, playbook))
        return foreseen

    def suits(self, arguments: Mapping[str, Any]) -> bool:
        return arguments.get("state") in ("checked", "begun")


def _have(arguments: Mapping[str, Any], playbook: int) -> None:
    """What goes wrong here does so again, and is told, where it is waited for."""
    end_with(playbook)
    found = answer(images, arguments, check_mode=False, diff=False)
    if arguments.get("sbom_dir") and not found.get("failed"):
        references = {name: found["images"][name]["reference"] for name in found["actions"]}
        in_registry = {name: reference for name, reference in references.items() if "@" in reference}
        given = {name: arguments[name] for name in image_sbom.OPTIONS.keys() & arguments.keys() if arguments[name] != ""}
        valid = ArgumentSpecValidator(image_sbom.OPTIONS).validate(given | {"images": in_registry})
        SbomService(valid.validated_parameters, check_mode=False).read_ahead()
