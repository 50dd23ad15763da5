# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: database_problems
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Find what is wrong with the settings of the database
description:
  - Checks the settings of the role nsfl_database, without a look at files or the network.
options:
  _input:
    description: The settings, named like the role's variables without their prefix.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'provider': 'external', 'address': '10.0.0.5'} | neursafe.fl.database_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, C(SETTING - CAUSE; FIX).
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._database_inputs import problems


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"database_problems": problems}
