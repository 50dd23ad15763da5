# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: task_manager_setup
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Write the setup file of a cluster client
description:
  - Turns the settings of one client site into the text of its C(task_manager_setup.json), with the types that the client
    insists on (a whole number for C(storage_quota), a word for C(registration)) and with the address to be called back at.
options:
  _input:
    description: The same settings that P(neursafe.fl.client_objects#filter) takes.
    type: dict
    required: true
seealso:
  - plugin: neursafe.fl.client_objects
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the setup file
  ansible.builtin.copy:
    content: "{{ settings | neursafe.fl.task_manager_setup }}"
    dest: /mnt/neursafe_fl/config/task_manager_setup.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text of the file, one key a line.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._setup_files import task_manager_setup


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"task_manager_setup": task_manager_setup}
