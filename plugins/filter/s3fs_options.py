# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
name: s3fs_options
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: The mount options of s3fs for given settings and version
description:
  - Writes the list that follows C(-o) in the unit of the role nsfl_shared_storage.
options:
  _input:
    description: The settings, named like the variables of the role without their prefix.
    type: dict
    required: true
  version:
    description: Version of s3fs. From 1.92 on, folders without objects and negative caching need an option each.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the options
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.s3fs_options(version='1.93') }}"
"""

RETURN = r"""
_value:
  description: Options, joined by commas.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._shared_storage import options


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"s3fs_options": options}
