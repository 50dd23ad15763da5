# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: setting_problems
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Find what is wrong with the settings of a host, taken one by one
description:
  - Looks at every C(nsfl_*) variable of the inventory. It must be documented, it must be possible to work out its value, and
    the value must be of the documented type and among the documented choices.
  - Looks at the file of generated secrets too, which only its owner may read.
  - Roles check what settings mean together, and what they meet. Values of secrets are never shown.
options:
  _terms:
    description: None are needed.
notes:
  - A value in terms of a role's default can only be worked out within the role, so it is left to it.
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ query('neursafe.fl.setting_problems') }}"
"""

RETURN = r"""
_raw:
  description: One sentence for each problem, C(SETTING - CAUSE; FIX).
  type: list
  elements: str
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.neursafe.fl.plugins.module_utils._problem_text import readable
from ansible_collections.neursafe.fl.plugins.plugin_utils._secrets_file import secrets_path, secrets_problem
from ansible_collections.neursafe.fl.plugins.plugin_utils._setting_values import is_secret, value_problems
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings, unknown

NAME = re.compile(r"nsfl_\w+")
MISSING = re.compile(r"'(\w+)' is undefined")
TAGGED = "put the tag !unsafe before a value that is to be taken as it is"


def undefined_problem(name: str, text: str) -> str:
    """What to say of a value that refers to something undefined; nothing where only the role can tell."""
    found = MISSING.fullmatch(text)
    if found is None or found.group(1).startswith(("ansible_", "role_", "__nsfl_")) or found.group(1) in known_settings():
        return ""
    near = "; ".join(unknown([found.group(1)])) if NAME.fullmatch(found.group(1)) else ""
    return f"{name}: it refers to {found.group(1)}, which is defined nowhere; define it, or correct the name{f' ({near})' if near else ''}"


def template_problem(name: str, error: AnsibleError) -> str:
    """What to say of a value that cannot be worked out."""
    text = (str(error).splitlines() or [""])[0].rstrip(".")
    if isinstance(error, AnsibleUndefinedVariable):
        return undefined_problem(name, text)
    own = re.search(r"nsfl_\w+: .*; .*", text)
    if own:
        return own.group()
    detail = "" if is_secret(name) else f": {text}"
    if "Syntax error" in text:
        return f"{name}: Ansible takes its braces for a template, which is no right one{detail}; {TAGGED}"
    return f"{name}: its value cannot be worked out{detail}; correct it"


class LookupModule(LookupBase):
    """The only place that sees all variables of a host before they are worked out."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        settings = {name: value for name, value in (variables or {}).items() if NAME.fullmatch(name)}
        if settings.get("nsfl_insecure") and boolean(self._templar.template(settings["nsfl_insecure"]), strict=False):  # type: ignore[union-attr]
            Display().warning("nsfl_insecure: certificates are not checked, so whoever is in the way of this run may be whom it speaks to")
        problems = unknown(settings)
        for name in sorted(settings.keys() & known_settings().keys()):
            problems += self._value_problems(name, settings[name])
        return [readable(problem) for problem in [*problems, *self._file_problems(variables or {})]]

    def _value_problems(self, name: str, raw: Any) -> list[str]:
        try:
            return list(value_problems(name, self._templar.template(raw), known_settings()[name]))  # type: ignore[union-attr]
        except AnsibleError as error:
            return [problem for problem in [template_problem(name, error)] if problem]

    def _file_problems(self, variables: Mapping[str, Any]) -> Iterator[str]:
        try:
            path = secrets_path(self._templar.template(variables.get("nsfl_secrets_file")), variables)  # type: ignore[union-attr]
        except AnsibleError:
            return  # told of the setting already
        problem = secrets_problem(path, lambda file: self._loader.load_from_file(file, cache="none"))  # type: ignore[union-attr]
        if problem:
            yield problem
