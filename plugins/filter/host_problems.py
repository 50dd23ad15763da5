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
from collections.abc import Callable, Mapping
from typing import Any

FACT = re.compile(r"__nsfl_\w+_problems")


def host_problems(hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """All problems of all hosts, each once."""
    hosts_by_problem: dict[str, list[str]] = {}
    for host in hostvars:
        facts = hostvars[host]
        for fact in sorted(name for name in facts if FACT.fullmatch(name)):
            for problem in facts[fact]:
                hosts = hosts_by_problem.setdefault(problem, [])
                if host not in hosts:
                    hosts.append(host)
    return [f"{', '.join(hosts)} - {problem}" for problem, hosts in hosts_by_problem.items()]


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_problems": host_problems}
