# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: config_variables
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Take the settings of the deployment guide's configuration file as variables
description:
  - Reads an existing C(server_config.json) or C(client_config.json) on the controller and says which variables mean the same.
  - A variable that the inventory sets holds as a whole. Where it says something else than the file, a notice names both.
options:
  _terms:
    description: Path of the file. A relative one starts at the current folder.
    required: true
  type:
    description: Whose configuration it is.
    type: str
    choices: [server, client]
    default: server
  mounted:
    description:
      - The buckets that are mounted below the shared root. With it, each shared folder of the server is put into a bucket, one more
        where that is needed, or a folder of O(system_bucket) where its name is no bucket's.
      - Without it, folders stay as they are in the file.
    type: list
    elements: str
  system_bucket:
    description: The bucket of the components' own folders.
    type: str
    default: nsfl-system
seealso:
  - plugin: neursafe.fl.server_config
    plugin_type: filter
  - plugin: neursafe.fl.client_config
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Take what the file says where the inventory says nothing
  ansible.builtin.set_fact: "{{ config.variables }}"
  vars:
    config: "{{ lookup('neursafe.fl.config_variables', 'server_config.json') }}"
"""

RETURN = r"""
_raw:
  description: One map for each file.
  type: list
  elements: dict
  contains:
    shape:
      description: V(2022) or V(2024).
      type: str
    variables:
      description: The variables that the inventory does not set.
      type: dict
    inventory:
      description: All variables, as the text of a file for an inventory.
      type: str
    notices:
      description: One sentence for each value that was mended, added or left out, or that the inventory overrides.
      type: list
      elements: str
    problems:
      description: One sentence for each problem.
      type: list
      elements: str
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.neursafe.fl.plugins.module_utils._config import Config, read_config
from ansible_collections.neursafe.fl.plugins.module_utils._config_text import LARGEST
from ansible_collections.neursafe.fl.plugins.plugin_utils._config_variables import Variable, as_inventory, config_variables, placed
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import shared_names

EXTRA = "nsfl_extra_buckets"
BACKENDS = {"nsfl_db_address": "nsfl_database", "nsfl_s3_endpoint": "nsfl_object_store"}


def read_file(path: str, kind: str) -> Config:
    """The file read, or the problem that it cannot be."""
    try:
        with open(path, encoding="utf-8") as stream:
            # What is longer is refused, so there is no need to have it all.
            return read_config(stream.read(LARGEST + 1), kind)
    except OSError as error:
        return Config(kind=kind, problems=[f"the file cannot be read ({error.strerror}); give the path of an existing one"])
    except UnicodeDecodeError:
        return Config(kind=kind, problems=["the file is no text in UTF-8; give the guide's configuration file"])
    except ValueError:
        return Config(kind=kind, problems=["the name has a character in it that no path has (NUL); give the path of an existing file"])


class LookupModule(LookupBase):
    """Sees what the inventory sets."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [self._one(os.path.abspath(os.path.expanduser(str(term))), variables or {}) for term in terms]

    def _one(self, path: str, known: dict[str, Any]) -> dict[str, Any]:
        kind = self.get_option("type")
        config = read_file(path, kind)
        name = os.path.basename(path)
        if config.problems:
            return {"shape": config.shape, "notices": [], "problems": [f"{name}, {problem}" for problem in config.problems]}
        found = [item for item in config_variables(config) if not self._better_known(item, known, config)]
        moved: list[str] = []
        if self.get_option("mounted"):
            found, moved = placed(found, self.get_option("system_bucket"), self.get_option("mounted"))
        # Buckets are added to those of the inventory, not put in their place.
        there = self._value(known.get(EXTRA, [])) or []
        found = [replace(item, value=[*there, *item.value]) if item.name == EXTRA else item for item in found]
        dropped = {"task_manager.external_address"} - {item.path for item in found} if kind == "client" else set()
        notices = [notice for notice in config.notices if notice.split(":")[0] not in dropped]
        notices += [*moved, *self._conflicts(found, known, config), *self._elsewhere(found, known)]
        return {
            "shape": config.shape,
            "variables": {item.name: item.value for item in found if item.name not in known or item.name == EXTRA},
            "inventory": as_inventory(found, kind, path),
            "notices": [f"{name}, {notice}" for notice in notices],
            "problems": [],
        }

    def _better_known(self, item: Variable, known: dict[str, Any], config: Config) -> bool:
        """G12: where the inventory has the nodes, the address to call back at is one of theirs and need not be guessed."""
        guessed = config.shape == "2022" and item.path == "task_manager.external_address" and config.settings["task_manager"]["external"]
        return guessed and bool(known.get("groups", {}).get("nsfl_nodes")) and "nsfl_client_external_address" not in known

    def _conflicts(self, found: list[Variable], known: dict[str, Any], config: Config) -> Iterator[str]:
        own = {shared: name for name, shared in shared_names().items() if name in known}
        for item in found:
            name = own.get(item.name, item.name)
            if name in known and name != EXTRA and str(self._value(known[name])) != str(item.value):
                line = config.lines.get(item.path)
                yield f"{item.path}{f' (line {line})' if line else ''}: the inventory's {name} says something else, and holds"

    def _elsewhere(self, found: list[Variable], known: dict[str, Any]) -> Iterator[str]:
        """Backends that the inventory has hosts for, while the file has them at another address."""
        for item in found:
            group = BACKENDS.get(item.name)
            hosts = known.get("groups", {}).get(group) or []
            addresses = [str(self._value(known["hostvars"][host].get("nsfl_address", ""))) for host in hosts]
            if hosts and item.name not in known and not any(address and address in str(item.value) for address in addresses):
                yield f"{item.path}: {item.value} is no address of the group {group} ({', '.join(addresses)}), and holds; set {item.name}"

    def _value(self, raw: Any) -> Any:
        try:
            return self._templar.template(raw)  # type: ignore[union-attr]
        except AnsibleError:
            return None
