# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for the two kinds of database have in common: options, and the way from a service's answer to Ansible."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import DatabaseError

Spec = dict[str, t.Any]

NAMES: Spec = {"type": "list", "elements": "str", "default": []}
TABLES: Spec = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {"name": {"type": "str", "required": True}, "unique": NAMES},
}
COMMON: dict[str, Spec] = {
    "login_password": {"type": "str", "default": "", "no_log": True},
    "sslmode": {
        "type": "str",
        "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "default": "prefer",
    },
    "ca_cert": {"type": "path"},
    "database": {"type": "str", "required": True},
    "prepared": {"type": "bool", "default": False},
    "delete_data": {"type": "str", "default": ""},
    "labels": {"type": "dict", "default": {}},
    "state": {"type": "str", "choices": ["present", "absent", "checked", "verified"], "default": "present"},
}


def users(tables: dict[str, Spec]) -> Spec:
    """The option for the components' users, with the one that limits a user to some tables."""
    options = {"name": {"type": "str", "required": True}, "password": {"type": "str", "required": True, "no_log": True}}
    return {"type": "list", "elements": "dict", "default": [], "options": {**options, **tables}}


def answer(module: AnsibleModule, service: t.Any) -> None:
    """Do what the state asks for, and end the module."""
    try:
        result = getattr(service, module.params["state"])()
    except DatabaseError as error:
        module.fail_json(msg=error.told(module.params["labels"]))
    for text in result.pop("warnings", []):
        module.warn(text)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)
