# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: job_summary
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Say in one line what a finished job achieved
description:
  - Turns the result of M(neursafe.fl.job) into a line with rounds, loss and number of clients.
options:
  _input:
    description: The module's result, waited for.
    type: dict
    required: true
  clients:
    description: The number of clients to name where the job's metrics do not say.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Say what was achieved
  ansible.builtin.debug:
    msg: "{{ finished | neursafe.fl.job_summary(2) }}"
"""

RETURN = r"""
_value:
  description: The line.
  type: str
  sample: "job mnist-7 FINISHED: 3 rounds, loss 1.93 → 0.41 → 0.12, 2 clients"
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._job import job_summary


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"job_summary": job_summary}
