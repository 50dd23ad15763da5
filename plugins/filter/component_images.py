# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: component_images
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Find the image of each component
description:
  - Returns the image reference of each component. The user's own comes first, then that of the manifest (by digest), then the
    deployment guide's name for it.
options:
  _input:
    description: The manifest that the images role writes; image names with their C(reference).
    type: dict
    required: true
  own:
    description: References by component, for instance C(job_scheduler).
    type: dict
    default: {}
  registry:
    description: Registry of images that neither names.
    type: str
    default: ""
  tag:
    description: Tag of images that neither names.
    type: str
    default: latest
"""

EXAMPLES = r"""
- name: Show the images
  ansible.builtin.debug:
    msg: "{{ {} | neursafe.fl.component_images(registry='registry.example:5000', tag='1.0') }}"
"""

RETURN = r"""
_value:
  description: Image references by component; C(coordinator) and C(executor) are among them.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._component_images import component_images


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"component_images": component_images}
