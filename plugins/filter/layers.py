# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: layers
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Which roles of the server side have work on which host
description:
  - The one table of the layers of C(server.yml). A layer whose group has no host is served from the controller, where nothing but
    an endpoint is asked; the nodes have no such stand-in.
options:
  _input:
    description: The magic variable C(groups).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check every layer
  hosts: "{{ groups | neursafe.fl.layers | list }}"
  tasks:
    - name: Show the layers of this host
      ansible.builtin.debug:
        msg: "{{ (groups | neursafe.fl.layers)[inventory_hostname] }}"
"""

RETURN = r"""
_value:
  description: For each host that has any, the names of its roles, in the order in which they do their work. C(localhost) always has some.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

CONTROLLER = "localhost"
# Role, the group whose hosts it works on (the controller when empty), and whether the controller stands in for an empty group.
LAYERS = (
    ("nsfl_object_store", "nsfl_object_store", True),
    ("nsfl_shared_storage", "nsfl_nodes", False),
    ("nsfl_directories", "nsfl_nodes", False),
    ("nsfl_database", "nsfl_database", True),
    ("nsfl_images", "", True),
    ("nsfl_server", "", True),
    ("nsfl_api_server", "", True),
)


def layers(groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The roles of each host."""
    found: dict[str, list[str]] = {}
    for role, group, controller in LAYERS:
        for host in groups.get(group) or ([CONTROLLER] if controller else []):
            found.setdefault(host, []).append(role)
    return found


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"layers": layers}
