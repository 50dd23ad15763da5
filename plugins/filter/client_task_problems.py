# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: client_task_problems
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Find what is wrong with the task entries of a client
description:
  - Checks the list that the role P(neursafe.fl.nsfl_client#role) takes as C(nsfl_client_tasks).
options:
  _input:
    description: The task entries.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ [{'name': 'toy', 'train': {'command': 'python3.7'}}] | neursafe.fl.client_task_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with the setting, the cause and the fix.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._standalone import task_problems


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_task_problems": task_problems}
