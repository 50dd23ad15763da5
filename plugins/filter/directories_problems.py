# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
name: directories_problems
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Find what is wrong with the settings of the folders
description:
  - Checks the settings of the role nsfl_directories.
options:
  _input:
    description: The settings, named like the variables of the role without their prefix.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.directories_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, C(SETTING - CAUSE; FIX).
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._directories import problems


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"directories_problems": problems}
