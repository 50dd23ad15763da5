# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection where Ansible itself runs, without a process of its own.

Packing a module, starting Python and compiling what was packed take 0.3 s or more, which is most of what a look at the cluster or at
the object store costs. A worker of Ansible is a process for one task already, so nothing of the module stays behind in it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, NoReturn

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase


class Answered(Exception):  # noqa: N818 - how a module ends, well or not
    """What the module answers."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__()
        self.result = result


class InProcessModule:
    """As much of AnsibleModule as our modules use; the parameters come from the task."""

    arguments: Mapping[str, Any] = {}
    check_mode = False
    _diff = False

    def __init__(self, argument_spec: dict[str, Any], *, supports_check_mode: bool = False) -> None:
        if not supports_check_mode:
            raise NotImplementedError("a module that knows no check mode has to be run by Ansible, which passes over it")
        self._warnings: list[str] = []
        found = ArgumentSpecValidator(argument_spec).validate(dict(self.arguments))
        self._hidden = found._no_log_values
        if found.error_messages:
            self.fail_json(msg="; ".join(found.error_messages))
        self.params = found.validated_parameters

    def warn(self, text: str) -> None:
        self._warnings.append(text)

    def exit_json(self, **result: Any) -> NoReturn:
        warned = {"warnings": self._warnings} if self._warnings else {}
        raise Answered(remove_values({"changed": False, **result, **warned}, self._hidden))

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        self.exit_json(failed=True, msg=msg, **result)


def answer(module: ModuleType, arguments: Mapping[str, Any], *, check_mode: bool, diff: bool) -> dict[str, Any]:
    """What a module answers that is run here and now."""
    # Plain values, without what Ansible notes about where each came from; a value out of a vault in clear.
    plain = json.loads(json.dumps(arguments, default=str))
    values = {"arguments": plain, "check_mode": check_mode, "_diff": diff}
    vars(module)["AnsibleModule"] = type("AnsibleModule", (InProcessModule,), values)  # which main() takes
    try:
        module.main()
    except Answered as answered:
        return answered.result
    raise AssertionError(f"{module.__name__} ended without an answer")


class InProcessAction(ActionBase):
    """The action of a module that reads, or writes a little; elsewhere than on the controller it is run as any other module."""

    TRANSFERS_FILES = False
    _supports_async = True
    module: ModuleType

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        if not self._is_here(task_vars or {}):
            result |= self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val)
            return result
        return result | answer(self.module, self._task.args, check_mode=self._task.check_mode, diff=self._task.diff)

    def suits(self, arguments: Mapping[str, Any]) -> bool:
        """Whether this call is one of those that the controller's own process may do."""
        del arguments
        return True

    def _is_here(self, variables: Mapping[str, Any]) -> bool:
        """Whether the module would run as this user, with this Python, on this machine."""
        of_host = variables.get("ansible_delegated_vars", {}).get(self._task.delegate_to, variables)
        python = self._templar.template(of_host.get("ansible_python_interpreter", ""))
        elsewhere = self._play_context.become or self._task.async_val or any(self._task.environment or [])
        return self._connection.transport == "local" and python == sys.executable and not elsewhere and self.suits(self._task.args)
