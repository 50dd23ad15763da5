# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the settings of a host and goes through the preflights of its roles, all in the one process of this task."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from ansible.utils.display import Display
from ansible_collections.neursafe.fl.plugins.plugin_utils._in_process import answer
from ansible_collections.neursafe.fl.plugins.plugin_utils._role_preflight import LookFailedError, RolePreflight, work_out
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings

CONTROLLER = "localhost"
MODULES = "ansible_collections.neursafe.fl.plugins.modules."
REFUSALS = re.compile(r"^(?:sudo|su|doas|run0): .+$", re.MULTILINE)
SAID_BY_US = re.compile(r"nsfl_\w+: .*; .*")

display = Display()

# Read by Ansible itself when it first sees a task of this plugin, and then there in the process of each host.
known_settings()
for plugin in (Path(__file__).parents[1] / "lookup").glob("*.py"):
    lookup_loader.get(f"neursafe.fl.{plugin.stem}")


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        roles = {"type": "list", "elements": "str", "required": True}
        options = {"tasks_from": {"type": "str", "default": "preflight"}, "secure_logging": {"type": "raw", "default": True}}
        _spec, args = self.validate_argument_spec({"roles": roles, **options})
        # What is no boolean is among the wrong settings that are told of here; until it is right, it hides.
        self._hides = str(args["secure_logging"]).strip().lower() not in BOOLEANS_FALSE
        self._variables = {**(task_vars or {}), "__nsfl_only_looks": True}
        self._warnings: list[str] = []
        self._calls = 0
        work_out(self._variables, self._variables.keys() & known_settings().keys(), self._loader)
        wrong = self._wrong_settings()
        facts: dict[str, Any] = {"__nsfl_inventory_problems": wrong}
        for role in args["roles"]:
            # The provider chooses what is looked at.
            if not any(problem.startswith(f"{role}_provider:") for problem in wrong):
                facts |= self._look(role, args["tasks_from"], bool(wrong))
        answer = {"changed": False, "facts": facts, "calls": self._calls, "warnings": self._warnings}
        # Not by no_log, which would also hide why a host cannot be reached.
        return result | answer | ({"_ansible_no_log": True} if self._hides else {})

    def _wrong_settings(self) -> list[str]:
        templar = Templar(loader=self._loader, variables=self._variables)
        lookup = lookup_loader.get("neursafe.fl.setting_problems", loader=self._loader, templar=templar)
        return list(lookup.run([], self._variables))

    def _look(self, role: str, tasks_from: str, are_settings_wrong: bool) -> dict[str, Any]:
        """The facts of one role. A check that cannot be made keeps no other one from being told of."""
        looks = RolePreflight(role, self._loader, self._variables, self._ask, self._say, tasks_from)
        try:
            looks.go()
        except AnsibleConnectionFailure:
            raise
        except Exception as error:
            # Whatever it is: where this task failed, nothing would stop the later plays. Values of a wrong type have been told of, and
            # what stumbles over them is no news.
            problems = [] if are_settings_wrong else [_failure(role, error)]
            return {**looks.facts, f"__{role}_check_problems": problems}
        return looks.facts

    def _ask(self, name: str, arguments: dict[str, Any], how: Mapping[str, Any]) -> dict[str, Any]:
        """What a module answers: on the controller in this process, on a host as Ansible runs it."""
        host = self._variables["inventory_hostname"]
        place = how.get("delegate_to", host)
        if place not in (host, CONTROLLER):
            raise NotImplementedError(f"{name} asks {place} from {host}: a preflight in one process asks its own host and the controller")
        check_mode = how.get("check_mode", self._task.check_mode)
        if place == CONTROLLER and not how.get("become"):
            result = answer(importlib.import_module(MODULES + name), arguments, check_mode=check_mode, diff=self._task.diff)
        else:
            result = self._on_host(f"neursafe.fl.{name}", arguments, bool(how.get("become")))
            self._calls += 1
        self._warnings += result.get("warnings", [])
        return result

    def _on_host(self, name: str, arguments: dict[str, Any], becomes: bool) -> dict[str, Any]:
        become, no_log = self._connection.become, self._task.no_log
        if not becomes:
            self._connection.become = None
        self._task.no_log = self._hides  # the host's own log has the arguments otherwise
        try:
            return _with_refusal(dict(self._execute_module(name, module_args=arguments, task_vars=self._variables)))
        finally:
            self._connection.become, self._task.no_log = become, no_log

    def _say(self, text: str) -> None:
        display.display(f"{self._variables['inventory_hostname']}: {text}")


def _with_refusal(result: dict[str, Any]) -> dict[str, Any]:
    """Where the user of the connection may not become root, Ansible says only that no module has answered."""
    refusals = REFUSALS.findall(str(result.get("module_stderr", "")) + "\n" + str(result.get("module_stdout", "")))
    if not refusals:
        return result
    return {**result, "msg": f"{refusals[-1]}; let the user of the connection become root, or give ansible_become_password"}


def _failure(role: str, error: Exception) -> str:
    """A problem of its own, in the words of whoever failed where those are ours."""
    text = "; ".join(dict.fromkeys(_messages(error)))
    found = SAID_BY_US.search(text)
    place = f' at "{error.task}"' if isinstance(error, LookFailedError) else ""
    return found.group() if found else f"{role}: its check failed{place}: {text}; run it alone with -vvv to see more"


def _messages(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield str(error).strip()
        error = error.__cause__
