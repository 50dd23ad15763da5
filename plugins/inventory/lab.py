# Copyright: the neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the lab, worked out from their number alone."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab
short_description: The hosts of the one-machine lab
version_added: 0.1.0
author:
  - The neursafe.fl maintainers (@neursafe)
description:
  - Lists the hosts that the role P(neursafe.fl.nsfl_lab#role) makes, with the groups the playbooks look for.
  - Hosts are systemd containers on this machine and are reached through P(community.docker.docker#connection).
  - The same options reach the role as variables, so that a lab is described in one place.
  - >-
    Groups: C(nsfl_nodes) (all Kubernetes nodes), C(nsfl_object_store) and C(nsfl_database) (the first node),
    C(nsfl_clients) (hosts without Kubernetes), C(nsfl_cli) (the first of these).
options:
  plugin:
    description: Names this plugin.
    type: str
    required: true
    choices: [neursafe.fl.lab]
  name:
    description: Name of the lab. Its Docker network has this name, and its containers have it in front of theirs.
    type: str
    default: nsfl-lab
    env:
      - name: NSFL_LAB_NAME
  subnet:
    description: The IPv4 network of the hosts, a C(/24). The machine itself has the address that ends in C(.1).
    type: str
    default: 10.250.0.0/24
    env:
      - name: NSFL_LAB_SUBNET
  nodes:
    description: How many Kubernetes nodes, 1 to 80.
    type: int
    default: 2
    env:
      - name: NSFL_LAB_NODES
  clients:
    description: How many hosts without Kubernetes for standalone clients, 0 to 80.
    type: int
    default: 1
    env:
      - name: NSFL_LAB_CLIENTS
  registry_port:
    description: The port of this machine under which the lab's image registry is reached.
    type: int
    default: 5000
    env:
      - name: NSFL_LAB_REGISTRY_PORT
"""

EXAMPLES = r"""
# inventories/lab/nsfl_lab.yml: two nodes and one client host
plugin: neursafe.fl.lab

# a second, larger lab beside it
# plugin: neursafe.fl.lab
# name: nsfl-lab-large
# subnet: 10.251.0.0/24
# nodes: 3
# clients: 2
# registry_port: 5001
"""

import ipaddress
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

LIMIT = 80
"""Nodes have the addresses .11 to .90 and client hosts .101 to .180, so that both can grow without moving the other."""

Hosts = dict[str, dict[str, Any]]


def lab_hosts(name: str, subnet: str, nodes: int, clients: int) -> dict[str, Hosts]:
    """Return the variables of each host by group; raise ValueError with every mistake in the numbers given."""
    problems = []
    try:
        network = ipaddress.IPv4Network(subnet)
        if network.prefixlen != 24:
            problems.append(f"subnet: {subnet} is no /24; the lab counts its addresses in one")
    except ValueError as error:
        problems.append(f"subnet: {error}; give an IPv4 network such as 10.250.0.0/24")
    if not 1 <= nodes <= LIMIT:
        problems.append(f"nodes: {nodes} is not between 1 and {LIMIT}")
    if not 0 <= clients <= LIMIT:
        problems.append(f"clients: {clients} is not between 0 and {LIMIT}")
    if problems:
        raise ValueError("; ".join(problems))

    def hosts(kind: str, count: int, offset: int) -> Hosts:
        return {
            f"{kind}-{number}": {
                "ansible_connection": "community.docker.docker",
                "ansible_host": f"{name}-{kind}-{number}",
                "ansible_python_interpreter": "/usr/bin/python3",
                "nsfl_address": str(network[offset + number]),
            }
            for number in range(1, count + 1)
        }

    return {"nsfl_nodes": hosts("node", nodes, 10), "nsfl_clients": hosts("client", clients, 100)}


class InventoryModule(BaseInventoryPlugin):
    """Fill an inventory with the lab's hosts."""

    NAME = "neursafe.fl.lab"

    def verify_file(self, path: str) -> bool:
        """Accept a YAML file; its C(plugin) entry says whether it is ours."""
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add groups, hosts and the lab's own settings."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        shape = {option: self.get_option(option) for option in ("name", "subnet", "nodes", "clients")}
        try:
            groups = lab_hosts(**shape)
        except ValueError as error:
            raise AnsibleParserError(f"{path}: {error}") from error

        for group, hosts in groups.items():
            inventory.add_group(group)
            for host, variables in hosts.items():
                inventory.add_host(host, group=group)
                for key, value in variables.items():
                    inventory.set_variable(host, key, value)
        for group in ("nsfl_object_store", "nsfl_database"):
            inventory.add_group(group)
            inventory.add_host("node-1", group=group)

        # Whoever creates jobs needs no Kubernetes.
        inventory.add_group("nsfl_cli")
        for host in list(groups["nsfl_clients"])[:1]:
            inventory.add_host(host, group="nsfl_cli")

        shape["registry_port"] = self.get_option("registry_port")
        for option, value in shape.items():
            inventory.set_variable("all", f"nsfl_lab_{option}", value)
