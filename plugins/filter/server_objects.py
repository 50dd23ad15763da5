# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: server_objects
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Render the Kubernetes objects of the server side
description:
  - Turns the settings of the server side into its Kubernetes objects, in the order in which they should be applied.
options:
  _input:
    description: Settings in the shape of the deployment guide's C(server_config.json); what is left out has the guide's value.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the server side consists of
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.server_objects | map(attribute='kind') }}"
  vars:
    settings:
      db:
        address: 192.0.2.30:5432
"""

RETURN = r"""
_value:
  description: The objects; accounts before their Secrets, Services before Deployments.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._render import server_objects


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"server_objects": server_objects}
