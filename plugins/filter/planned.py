# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: planned
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Pick the objects that a plan says differ
description:
  - Picks from a list of objects those that M(neursafe.fl.kube_plan) found to differ from the cluster.
options:
  _input:
    description: The objects, as they were given to the module.
    type: list
    elements: dict
    required: true
  plan:
    description: What the module returned as C(apply).
    type: list
    elements: dict
    required: true
  private:
    description:
      - Pick only what comes first and must not be shown (namespaces, accounts and Secrets), or only the rest. By default both.
    type: bool
  check:
    description:
      - Leave out objects that need what an earlier step of the same run does (a namespace, a port that gets free). In check mode
        that step has not happened, and the API server would refuse even a dry run.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Apply what differs and may be shown
  kubernetes.core.k8s:
    definition: "{{ objects | neursafe.fl.planned(plan.apply, private=false, check=ansible_check_mode) }}"
    apply: true
"""

RETURN = r"""
_value:
  description: The picked objects, in the same order.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

_PRIVATE = ("Namespace", "ServiceAccount", "Secret")


def planned(objects: list[dict[str, Any]], plan: list[dict[str, Any]], private: bool | None = None, check: bool = False) -> list[Any]:
    """The objects at the planned positions."""
    picked = [objects[entry["index"]] for entry in plan if not (check and entry["unchecked"])]
    return [item for item in picked if private is None or (item["kind"] in _PRIVATE) == private]


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"planned": planned}
