# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: client_tree
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: List the folders and files of a client
description:
  - Turns what a client needs (folders, setup file, data sets, task entries) into entries of the module M(neursafe.fl.tree).
options:
  _input:
    description: What the client needs.
    type: dict
    required: true
    suboptions:
      folders:
        description: Absolute paths of the folders C(lmdb), C(workspace), C(datasets), C(task_configs) and perhaps C(config).
        type: dict
        required: true
      setup_file: {description: Absolute path of the setup file., type: str, required: true}
      setup: {description: Its text., type: str, required: true}
      datasets: {description: Names of data sets and their absolute paths., type: dict, required: true}
      tasks:
        description: Task entries.
        type: list
        elements: dict
        required: true
        suboptions:
          name: {description: Name that jobs use in C(task_entry)., type: str, required: true}
          src: {description: Folder with the scripts on the controller., type: str}
          files: {description: Further scripts; relative paths and their text., type: dict}
          train: {description: "C(command), C(entry), and perhaps C(params) and C(timeout) in minutes.", type: dict}
          evaluate: {description: The same for evaluation., type: dict}
          state: {description: V(absent) removes the entry and its scripts., type: str, choices: [present, absent], default: present}
      modes: {description: Whether modes are set; false on a mount that imposes its own., type: bool, default: true}
      root: {description: Root of the shared tree on the host., type: str}
      mount: {description: Where pods have that root. Paths in data sets and task entries are theirs., type: str}
      sensitive: {description: Whether the setup file stays out of differences even without a mode., type: bool, default: false}
"""

EXAMPLES = r"""
- name: Write all files of a client
  neursafe.fl.tree:
    root: /workspace/neursafe_fl/task_manager
    entries: "{{ plan | neursafe.fl.client_tree }}"
"""

RETURN = r"""
_value:
  description: Entries for the module tree, parents first.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.neursafe.fl.plugins.module_utils._client_files import client_tree


def _client_tree(plan: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return client_tree(plan)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_tree": _client_tree}
