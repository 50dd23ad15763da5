# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_components
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Find misspelt components
description:
  - Looks through settings that are maps by component, and returns a problem for each key that is no component's name.
options:
  _input:
    description: The maps, by the name of the setting.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Report misspelt components
  ansible.builtin.assert:
    that: "{'nsfl_server_options': options} | neursafe.fl.unknown_components | length == 0"
  vars:
    options:
      job_scheduler:
        REPORT_PERIOD: 10
"""

RETURN = r"""
_value:
  description: One sentence for each unknown key.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._server_checks import unknown_components


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"unknown_components": unknown_components}
