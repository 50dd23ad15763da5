# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: verification_problems
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Find what is wrong with the settings of the verification
description:
  - Checks the settings of the role P(neursafe.fl.nsfl_verify#role) and reports all problems at once.
options:
  _input:
    description: The settings, named like the role's variables without their prefix.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.verification_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with the setting, the cause and the fix.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._job import verification_problems


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"verification_problems": verification_problems}
