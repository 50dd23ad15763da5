#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: foresee
short_description: Show in one table what playbooks of this collection would change
version_added: 0.1.0
description:
  - Runs playbooks of the collection in check mode, with the inventory, the limit, the extra variables and the passwords of the run that it
    is part of, and gathers what each task would change into one table over all hosts, mounts, buckets, tables, images, Secrets
    and manifests.
  - The table is printed whatever callback shows the run. Secrets are in it by short hashes at most, results hidden by C(no_log) stay so.
  - Objects in the cluster that somebody else has edited are changes, with the editor's name, although a run does not overwrite them unless
    C(nsfl_server_force_conflicts) or its like says so.
options:
  playbooks:
    description: The playbooks, in order. Each sees the platform as it is, not as the one before would leave it.
    type: list
    elements: str
    choices: [server, client]
    default: [server]
  path:
    description: A file on the controller to write the answer to as JSON, mode 0600.
    type: path
  fail_on_changes:
    description:
      - Fail when there are changes, so that C(ansible-playbook) ends with the exit code 2.
      - When the answer could not be had, the result is always that of an unreachable host, so that the exit code is 4 and never 2.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode, but for the file at O(path).
  diff_mode:
    support: none
    description: The differences are its result.
  idempotent:
    description: Changes nothing, but for the file at O(path).
    support: full
notes:
  - Runs on the controller, so it belongs into a play for C(localhost).
seealso:
  - plugin: neursafe.fl.record
    plugin_type: callback
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Look ahead
  neursafe.fl.foresee:
    playbooks: [server, client]
    path: plan.json
  register: plan

- name: Ask somebody before a big change
  ansible.builtin.pause:
    prompt: "{{ plan.changes | length }} changes; go on?"
  when: plan.changes | length > 10
"""

RETURN = r"""
state:
  description: V(unchanged), V(changes) or V(error).
  returned: always
  type: str
path:
  description: The file that was written.
  returned: when O(path) is given
  type: str
changes:
  description:
    - What would change, in the order of the table.
    - The file at O(path) has the same, and beside it C(state), C(problems), and C(tasks), which are the tasks that the run would then
      report as changed, with their playbook, host and role.
  returned: when O(fail_on_changes) is false
  type: list
  elements: dict
  contains:
    playbook: {type: str, description: The playbook that would do it.}
    area: {type: str, description: "One of V(hosts), V(mounts), V(buckets), V(tables), V(images), V(secrets) and V(manifests)."}
    host: {type: str, description: "The host, or V(cluster)."}
    change: {type: str, description: What would be done.}
    object: {type: str, description: "A path, or kind, namespace and name of an object in the cluster, where it is one of these."}
    details: {type: list, elements: str, description: "Lines that differ, with C(-) and C(+)."}
    note: {type: str, description: What is to be known besides; whose change would be overwritten.}
    role: {type: str, description: The role.}
    task: {type: str, description: The task of the role.}
"""
