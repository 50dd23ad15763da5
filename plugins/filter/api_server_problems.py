# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_server_problems
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Find what is wrong with the settings of the API server
description:
  - Checks types, ranges, names and combinations, without a cluster, and reports all problems at once.
options:
  _input:
    description: The same settings that P(neursafe.fl.api_server_objects#filter) takes.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Report all problems
  ansible.builtin.assert:
    that: "{'fl_namespaces': ['default']} | neursafe.fl.api_server_problems | length == 0"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, which names the setting, the cause and the fix.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._api_server_checks import api_server_problems


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_server_problems": api_server_problems}
