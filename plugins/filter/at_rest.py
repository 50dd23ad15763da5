# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: at_rest
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Whether nothing is left to do on any host
description:
  - A role's preflight that finds nothing left to do on its host, and everything well there, leaves the fact C(__nsfl_ROLE_at_rest).
    A role without that fact has something left to do.
options:
  _input:
    description: The magic variable C(hostvars).
    type: dict
    required: true
  layers:
    description: The roles of each host, as the filter P(neursafe.fl.layers#filter) gives them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say that there is nothing to do
  ansible.builtin.debug:
    msg: Everything is as wanted.
  when: hostvars | neursafe.fl.at_rest(groups | neursafe.fl.layers)
"""

RETURN = r"""
_value:
  description: Whether all of them are at rest.
  type: bool
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils._noted import noted


def at_rest(hostvars: Mapping[str, Mapping[str, Any]], layers: Mapping[str, Sequence[str]]) -> bool:
    """Whether each role has said so of each of its hosts."""
    return all(noted(hostvars[host]).get(f"__{role}_at_rest", False) for host, roles in layers.items() for role in roles)


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"at_rest": at_rest}
