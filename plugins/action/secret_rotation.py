# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a renewal of secrets that are the controller's own: choose, announce, begin, forget."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.neursafe.fl.plugins.plugin_utils import _rotation as rotation
from ansible_collections.neursafe.fl.plugins.plugin_utils._secrets_file import generated, is_vaulted, locked, secrets_path, write_private

_SPEC = {
    "state": {"type": "str", "choices": ["announced", "begun", "ended"], "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "outside": {"type": "dict", "default": {}, "no_log": True},
}
_VAULTED = (
    "nsfl_secrets_file: {path} is encrypted, and new secrets are never written beside encrypted ones in clear; "
    "decrypt it (ansible-vault decrypt), run playbooks/rotate.yml, and encrypt it again"
)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        del tmp
        _spec, args = self.validate_argument_spec(_SPEC)
        variables = task_vars or {}
        path = secrets_path(self._templar.template(variables.get("nsfl_secrets_file")), variables)
        if is_vaulted(path):
            raise AnsibleActionFail(_VAULTED.format(path=path))
        write = not self._task.check_mode
        with locked(path):
            values, pending = self._values(path), rotation.read_pending(path)
            step = {"announced": self._announce, "begun": self._begin, "ended": self._end}[args["state"]]
            return {**result, "changed": False, **step(path, values, pending, args, variables, write)}

    def _values(self, path: str) -> dict[str, str]:
        if not os.path.exists(path):
            return {}
        read = self._loader.load_from_file(path, cache="none") or {}
        return {str(name): str(value) for name, value in read.items()}

    def _announce(self, path: str, values: Any, pending: Any, args: Any, variables: Any, write: bool) -> dict[str, Any]:
        outside = {name: str(value) for name, value in args["outside"].items() if value}
        there = {*values, *outside, *(name for name in pending if name in rotation.kinds())}
        given = dict(given_settings(variables.get("hostvars") or {}, values))
        names, problems = rotation.chosen(args["names"], there, given)
        if problems:
            raise AnsibleActionFail("\n* ".join(["Nothing was changed. Problems found:", *problems]))
        then = rotation.announced(names, values, outside, pending, generated)
        begun = [name for name in then if name in pending and rotation.is_begun(name, values, pending)]
        if write and then != pending:
            rotation.write_pending(path, then)
        others = rotation.not_ours(there, given)
        return {
            "changed": list(then) != begun,
            "names": list(then),
            "begun": begun,
            "ahead": [name for name in then if not (rotation.kinds()[name].before or rotation.kinds()[name].outside)],
            "roles": sorted({role for name in then for role in rotation.kinds()[name].roles}),
            "kept": [f"{name}: {others[name]}" for name in others if name in there],
        }

    @staticmethod
    def _begin(path: str, values: Any, pending: Any, args: Any, variables: Any, write: bool) -> dict[str, Any]:
        del variables
        chosen = {name: entry for name, entry in pending.items() if name in args["names"]}
        then = rotation.begun(values, chosen)
        if write and then != values:
            write_private(path, then)
        return {"changed": then != values}

    @staticmethod
    def _end(path: str, values: Any, pending: Any, args: Any, variables: Any, write: bool) -> dict[str, Any]:
        del values, variables
        left = {name: entry for name, entry in pending.items() if name not in args["names"]}
        if write and left != pending:
            rotation.write_pending(path, left)
        return {"changed": left != pending}


def given_settings(hostvars: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Secrets that somebody has set to another value than the generated one, each with the name of the setting."""
    for host in sorted({*hostvars, "localhost"}):
        settings = hostvars[host]
        for kind in rotation.kinds().values():
            for setting in kind.settings:
                try:
                    value = settings.get(setting)
                except AnsibleError:
                    value = "what cannot be worked out is not ours"
                if value and str(value) != values.get(kind.name):
                    yield kind.name, setting
