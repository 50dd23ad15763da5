# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
name: directories_entries
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: The folders of a server or a client as entries of a tree
description:
  - Lists the folders of the chosen layout in the form that M(neursafe.fl.tree) takes.
options:
  _input:
    description: The settings, named like the variables of the role without their prefix.
    type: dict
    required: true
  state:
    description: State of each entry.
    type: str
    default: directory
  recursive:
    description: Whether full folders go too when O(state) is V(absent).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Make the folders
  neursafe.fl.tree:
    root: /mnt/neursafe_fl/nsfl-system
    entries: "{{ settings | neursafe.fl.directories_entries }}"
"""

RETURN = r"""
_value:
  description: One entry per folder.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._directories import entries


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"directories_entries": entries}
