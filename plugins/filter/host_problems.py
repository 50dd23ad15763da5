# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: host_problems
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Collect what the preflight of every role found on every host
description:
  - Each role's preflight leaves its problems in one fact named C(__nsfl_ROLE_problems). This filter gathers them over all
    hosts. A problem that several hosts report in the same words is listed once, with the names of the hosts.
  - A setting that a role took from a shared one, such as C(nsfl_server_root) from C(nsfl_root), is named as it stands in the
    inventory.
options:
  _input:
    description: The magic variable C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Fail with every problem
  ansible.builtin.assert:
    that: hostvars | neursafe.fl.host_problems | length == 0
"""

RETURN = r"""
_value:
  description: One line for each problem, C(HOSTS - PROBLEM).
  type: list
  elements: str
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils._noted import noted
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import shared_names

FACT = re.compile(r"__nsfl_\w+_problems")
INVENTORY = "__nsfl_inventory_problems"
SETTING = re.compile(r"nsfl_\w+(?=[.:\[])")


def written(problem: str, facts: Mapping[str, Any], shared: Mapping[str, str]) -> str:
    """The problem under the name that stands in the inventory, where a role took its setting from a shared one."""
    found = SETTING.match(problem)
    if found is None or found.group() in facts:
        return problem
    return shared.get(found.group(), found.group()) + problem[found.end() :]


def told(facts: Mapping[str, Any], shared: Mapping[str, str]) -> Iterator[str]:
    """What the checks of one host have left. Of a value that is wrong in itself, what follows from it is left out."""
    wrong = {found.group() for problem in facts.get(INVENTORY, ()) if (found := SETTING.match(problem))}
    for fact in sorted(name for name in facts if FACT.fullmatch(name)):
        for problem in (written(problem, facts, shared) for problem in facts[fact]):
            found = SETTING.match(problem)
            if fact == INVENTORY or found is None or found.group() not in wrong:
                yield problem


def host_problems(hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """All problems of all hosts, each once."""
    # An iteration over hostvars passes over the controller where the inventory does not list it.
    every = list(dict.fromkeys([*hostvars, *(["localhost"] if "localhost" in hostvars else [])]))
    hosts_by_problem: dict[str, dict[str, None]] = {}
    for host in every:
        for problem in told(noted(hostvars[host]), shared_names()):
            hosts_by_problem.setdefault(problem, {})[host] = None
    return [f"{_names(list(hosts), every)} - {problem}" for problem, hosts in hosts_by_problem.items()]


def _names(hosts: list[str], every: list[str]) -> str:
    return "all hosts" if hosts == every and len(every) > 1 else ", ".join(hosts)


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_problems": host_problems}
