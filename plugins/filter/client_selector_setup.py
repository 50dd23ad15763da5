# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: client_selector_setup
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Write the setup file of the client selector
description:
  - Turns the settings of the server side into the text of C(client_selector_setup.json).
options:
  _input:
    description: Settings in the shape of the deployment guide's C(server_config.json); what is left out has the guide's value.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the setup file
  ansible.builtin.debug:
    msg: "{{ {} | neursafe.fl.client_selector_setup }}"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._setup_files import client_selector_setup


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_selector_setup": client_selector_setup}
