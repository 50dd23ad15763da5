# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rendered_files
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Lay out rendered objects as files
description:
  - Turns Kubernetes objects into entries for M(neursafe.fl.tree), under the names that upstream's generator gives its files, with one
    more file for each object that it does not have.
  - Secrets with data are left out. The files refer to them only, and those that have to be there are listed.
options:
  _input:
    description: The objects.
    type: list
    elements: dict
    required: true
  texts:
    description: Further files, name and content.
    type: dict
    default: {}
  backends:
    description: Which component an Ingress leads to, by the name of its Service.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Write the objects of a client into a folder
  neursafe.fl.tree:
    root: /srv/manifests
    entries: "{{ (settings | neursafe.fl.client_objects | neursafe.fl.rendered_files).entries }}"
"""

RETURN = r"""
_value:
  description: The files, and what they need.
  type: dict
  contains:
    entries:
      description: The files, as entries.
      type: list
      elements: dict
    secrets:
      description: The Secrets that have to be in the cluster, each with its keys.
      type: list
      elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils import _rendered_files


def rendered_files(
    objects: list[dict[str, Any]], texts: dict[str, str] | None = None, backends: dict[str, str] | None = None
) -> dict[str, Any]:
    """The entries, with nothing in place of what is not given."""
    entries = _rendered_files.rendered_files(objects, texts or {}, backends or {})
    return {"entries": entries, "secrets": _rendered_files.needed_secrets(objects)}


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rendered_files": rendered_files}
