# Copyright: the neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter of the lab's checks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab_problems
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Say what keeps a machine from being a lab
description:
  - Looks at the settings of the role P(neursafe.fl.nsfl_lab#role) and at what its program C(machine.py) says of the machine.
  - Every problem names the setting or the machine, the cause and the remedy.
options:
  _input:
    description: The settings, named as the role's without the prefix C(nsfl_lab_).
    type: dict
    required: true
  machine:
    description: What is known of the machine. Only the settings are looked at without it.
    type: dict
"""

EXAMPLES = r"""
- name: Show what is wrong with the number of nodes
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.lab_problems }}"
  vars:
    settings:
      name: nsfl-lab
      subnet: 10.250.0.0/24
      nodes: 0
      clients: 1
      registry_port: 5000
      registry_username: nsfl
      registry_password: at-least-eight
"""

RETURN = r"""
_value:
  description: The problems, none when all is well.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._lab import input_problems, machine_problems


def lab_problems(settings: Mapping[str, Any], machine: Mapping[str, Any] | None = None) -> list[str]:
    """All problems at once."""
    return [*input_problems(settings), *(machine_problems(settings, machine) if machine else [])]


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"lab_problems": lab_problems}
