# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_file
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Settings as the text of a systemd EnvironmentFile
description:
  - Writes one C(NAME="value") line per setting, sorted, quoted the way systemd reads them back.
  - A name that is none, or a value with a line break, is an error, so that no setting turns into two.
options:
  _input:
    description: Names and values.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a settings file
  ansible.builtin.debug:
    msg: "{{ {'LEVEL': 'info', 'MOTTO': 'say \"hi\"'} | neursafe.fl.environment_file }}"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*\Z")


def environment_file(settings: Mapping[str, Any]) -> str:
    lines = []
    for name, value in sorted(settings.items()):
        text = str(value)
        if not _NAME.match(name):
            raise AnsibleFilterError(f"'{name}' is not a name for an environment variable; use letters, digits and underscores")
        if "\n" in text or "\0" in text:
            raise AnsibleFilterError(f"The value of {name} has a line break in it; an environment file has one line per setting")
        quoted = re.sub(r'(["\\$`])', r"\\\1", text)
        lines.append(f'{name}="{quoted}"\n')
    return "".join(lines)


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        return {"environment_file": environment_file}
