# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: of_kinds
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: References to objects of some kinds
description:
  - Reduces a list of Kubernetes objects to references (kind, namespace, name) of those of the given kinds.
  - Meant for modules that wait for objects and need not see what is in them.
options:
  _input:
    description: The objects.
    type: list
    elements: dict
    required: true
  kinds:
    description: The kinds.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Wait for the Deployments among the objects
  neursafe.fl.rollout:
    instance: neursafe-fl-server
    workloads: "{{ objects | neursafe.fl.of_kinds(['Deployment']) }}"
"""

RETURN = r"""
_value:
  description: The references.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any


def of_kinds(objects: list[dict[str, Any]], kinds: list[str]) -> list[dict[str, Any]]:
    """References without content."""
    chosen = [item for item in objects if item["kind"] in kinds]
    return [{"kind": item["kind"], "metadata": {key: item["metadata"].get(key, "") for key in ("name", "namespace")}} for item in chosen]


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"of_kinds": of_kinds}
