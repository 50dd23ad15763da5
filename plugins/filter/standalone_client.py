# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: standalone_client
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Work out a client that runs on a host without a cluster
description:
  - Checks the settings of a standalone client and works out its setup file and what has to be mounted into its container.
options:
  _input:
    description:
      - The settings, named like the variables of the role P(neursafe.fl.nsfl_client#role) without their prefix.
    type: dict
    required: true
    suboptions:
      name: {description: Name of container and service., type: str, required: true}
      root: {description: Folder that all others lie below., type: str, required: true}
      folders: {description: "Paths of C(lmdb), C(workspace), C(datasets) and C(task_configs).", type: dict, required: true}
      host: {description: Address to listen at., type: str, required: true}
      port: {description: Port to listen at., type: int, required: true}
      server: {description: "C(HOST:PORT) of the proxy.", type: str, required: true}
      external_address: {description: "C(HOST:PORT) at which the server calls back.", type: str, required: true}
      runtime: {description: Runtimes on offer., type: list, elements: str, required: true}
      storage_quota: {description: Space in MB., type: int, required: true}
      registration: {description: Whether the client registers itself., type: bool, required: true}
      log_level: {description: Level of the log., type: str, required: true}
      label: {description: A label that jobs may ask for., type: str, required: true}
      max_task_parallelism: {description: Tasks at a time; -1 for as many as fit., type: int, required: true}
      setup: {description: Further keys of the setup file., type: dict}
      datasets: {description: Names of data sets and their paths., type: dict}
      tasks: {description: Task entries; only checked here., type: list, elements: dict}
      extra_mounts: {description: Further paths to mount., type: list, elements: str}
      image: {description: Reference of the image; only checked here., type: str}
      env: {description: Environment variables of the container; only checked here., type: dict}
      ssl: {description: Folder with certificate and key., type: str}
      username: {description: User name to register with., type: str}
      password: {description: Its password., type: str}
      public_key: {description: Path of a key., type: str}
      private_key: {description: Path of a key., type: str}
      certificate: {description: Path of a certificate., type: str}
      resource: {description: "Resources on offer: C(cpu), C(memory), C(gpu).", type: dict}
"""

EXAMPLES = r"""
- name: Show what is wrong with the settings
  ansible.builtin.debug:
    msg: "{{ (settings | neursafe.fl.standalone_client).problems }}"
"""

RETURN = r"""
_value:
  description: What follows from the settings; setup and mounts are empty while there are problems.
  type: dict
  contains:
    problems: {description: What is wrong., type: list, elements: str}
    setup: {description: Text of the setup file., type: str}
    mounts: {description: Paths to mount at the same place., type: list, elements: str}
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._standalone import standalone_client


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"standalone_client": standalone_client}
