# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_server_objects
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Render the Kubernetes objects of the API server
description:
  - Turns settings into the objects of the way in to job scheduler, model manager and data server. Ingresses, a controller, NodePorts.
options:
  _input:
    description: Settings; C(provider), C(fl_namespaces), C(api_server), C(job_scheduler), C(model_manager), C(data_server) and C(k8s).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the API server consists of
  ansible.builtin.debug:
    msg: "{{ {} | neursafe.fl.api_server_objects | map(attribute='kind') }}"
"""

RETURN = r"""
_value:
  description: The objects, in the order in which they should be applied.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_server_objects": api_server_objects}
