#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_record
short_description: Note what packages and accounts come to a host, and take just those away again
version_added: 0.1.0
description:
  - V(begun) before, and V(noted) after the tasks that install packages or make accounts; what is new then is added to a record on the host.
  - V(absent) takes what the record names off the host, except packages that others need and, unless O(delete_data) says otherwise, servers
    of databases with their data, and accounts that own data. Then folders in which nothing is left.
  - A PostgreSQL server with databases of somebody else stays in any case.
  - Only on hosts of the Debian family. On others nothing is noted, and packages stay.
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Says what would be taken away. Notes nothing.
author:
  - The neursafe.fl maintainers (@neursafe)
options:
  state:
    description: What to do. V(begun) changes nothing that outlasts V(noted).
    type: str
    choices: [begun, noted, absent]
    required: true
  folder:
    description: Where the record is.
    type: path
    default: /var/lib/neursafe_fl
  delete_data:
    description: Whether servers of databases go with their data, and accounts that own data.
    type: bool
    default: false
  database:
    description: The database that may be the last one of a PostgreSQL server that is to go.
    type: str
    default: ""
  folders:
    description: Folders that are removed when nothing else is in them.
    type: list
    elements: path
    default: []
"""

EXAMPLES = r"""
- name: Note what there is
  neursafe.fl.host_record:
    state: begun

- name: Install the server
  ansible.builtin.package:
    name: postgresql

- name: Note what has come
  neursafe.fl.host_record:
    state: noted
"""

RETURN = r"""
new:
  description: What was added to the record, C(packages), C(users) and C(groups).
  returned: O(state=noted)
  type: dict
steps:
  description: What was taken away, or would be, in words.
  returned: O(state=absent)
  type: list
  elements: str
  sample: [purge s3fs, delete user nsfl-minio]
kept:
  description: What of the record stays, and why.
  returned: O(state=absent)
  type: dict
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._host_leaving import Host


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    host = Host(module.run_command, Path(params["folder"]))
    if params["state"] == "absent":
        plan = host.plan(params["delete_data"], params["database"], params["folders"])
        steps = plan.lines()
        if not module.check_mode:
            host.leave(plan)
        after = "".join(f"{step}\n" for step in steps)
        return {"changed": bool(steps), "steps": steps, "kept": plan.kept, "diff": {"before": "", "after": after}}
    if module.check_mode or not host.known():
        return {"changed": False, "new": {}}
    if params["state"] == "begun":
        host.begin()
        return {"changed": False}
    # The record is of what the tasks in between have reported as their changes, and no change more.
    return {"changed": False, "new": host.note().plain()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["begun", "noted", "absent"], "required": True},
            "folder": {"type": "path", "default": "/var/lib/neursafe_fl"},
            "delete_data": {"type": "bool", "default": False},
            "database": {"type": "str", "default": ""},
            "folders": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except (OSError, ValueError, RuntimeError) as error:
        module.fail_json(msg=f"{error}; mend that and run again, what is gone already is not missed")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
