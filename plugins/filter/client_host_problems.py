# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: client_host_problems
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Find what on a host stands in the way of a standalone client
description:
  - Judges what M(neursafe.fl.host_info) saw on the host of a standalone client.
options:
  _input:
    description: The module's result.
    type: dict
    required: true
  facts:
    description: "C(name), C(port), C(root), C(lmdb), C(engine), C(engine_install) and C(storage_quota) of the client."
    type: dict
    required: true
  warnings:
    description: Return what deserves attention instead of what stands in the way.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what stands in the way
  ansible.builtin.debug:
    msg: "{{ host | neursafe.fl.client_host_problems(facts) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with the setting, the cause and the fix.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._standalone import host_problems


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_host_problems": host_problems}
