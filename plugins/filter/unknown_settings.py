# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_settings
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Find misspelt settings
description:
  - Compares variable names with the settings that the roles of this collection document, and returns a problem for each
    name that none of them knows. Ansible itself ignores an unknown variable without a word.
options:
  _input:
    description: Names of variables, all of which begin with C(nsfl_).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Report misspelt settings
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join('\n') }}"
  vars:
    problems: "{{ query('ansible.builtin.varnames', '^nsfl_') | neursafe.fl.unknown_settings }}"
"""

RETURN = r"""
_value:
  description: One sentence for each unknown name, with the nearest known name.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import unknown


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"unknown_settings": unknown}
