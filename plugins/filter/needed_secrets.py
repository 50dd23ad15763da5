# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: needed_secrets
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: List the Secrets that objects refer to
description:
  - Lists the Secrets that have to be in the cluster before rendered files are applied to it.
options:
  _input:
    description: The objects.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what has to be there
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.server_objects | neursafe.fl.needed_secrets }}"
"""

RETURN = r"""
_value:
  description: Name and keys of each.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils._rendered_files import needed_secrets


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"needed_secrets": needed_secrets}
