# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: brought_back
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Put the objects of a recorded release in the place of rendered ones
description:
  - Returns the objects of one instance as a release has recorded them. Secrets that are rendered now as well keep the values of now,
    because those are what the database and the object store know; the namespace and volume claims stay as they are.
options:
  _input:
    description: The objects as the settings say.
    type: list
    elements: dict
    required: true
  release:
    description: What M(neursafe.fl.release) returned as C(release). The input is returned as it is when empty.
    type: dict
    required: true
  instance:
    description: The value of the label C(app.kubernetes.io/instance) of the objects that are meant.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Take the objects of a release
  ansible.builtin.set_fact:
    objects: "{{ rendered | neursafe.fl.brought_back(found.release, 'neursafe-fl-server-default') }}"
"""

RETURN = r"""
_value:
  description: The objects to apply.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._release import brought_back as from_release


def brought_back(rendered: list[dict[str, Any]], release: dict[str, Any], instance: str) -> list[dict[str, Any]]:
    """The rendered ones where no release is named."""
    return from_release(rendered, release, instance) if release else rendered


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"brought_back": brought_back}
