#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: mongodb_schema
short_description: The MongoDB database of the components, with its users, collections, indexes and rights, in one call
version_added: 0.1.0
author: The neursafe.fl maintainers (@neursafe)
description:
  - Reads what the server has, and runs only the commands that are missing.
  - Users live in the database itself, where the components log in, and have the role C(readWrite) of it, or a role for their
    collections.
  - Never drops or alters a collection or an index. One that is in the way is an error that says what differs.
  - FerretDB is served, too. It has no roles, which is a warning.
options:
  login_host:
    description: C(HOST:PORT) of the server, or a URI C(mongodb://…) without an account.
    type: str
    default: localhost:27017
  login_user:
    description: User to connect as. It must be able to create users and collections, except for V(verified) and O(prepared=true).
    type: str
    required: true
  login_password:
    description: Password of that user.
    type: str
    default: ''
  login_former_password:
    description:
      - The password from before a renewal that is not finished yet. A server that knows the user by this one only is given
        O(login_password).
    type: str
    default: ''
  login_database:
    description: Database that the user lives in.
    type: str
    default: admin
  first_user:
    description:
      - Whether a server of this host that has no user yet gets O(login_user) as its administrator. A server with authentication
        on takes exactly one user from somebody unknown, and only from its own host.
    type: bool
    default: false
  sslmode:
    description:
      - How TLS is used. V(allow) and V(prefer) use it when O(ca_cert) is given or the URI asks for it, V(require) always but without
        a look at the certificate unless O(ca_cert) is given, V(verify-ca) and V(verify-full) look at it, the last at the host name, too.
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    default: prefer
  ca_cert:
    description: File with the authority of the server's certificate.
    type: path
  database:
    description: Name of the database.
    type: str
    required: true
  collections:
    description: The collections.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the collection.
        type: str
        required: true
      unique:
        description: Keys that no two documents share together.
        type: list
        elements: str
        default: []
  users:
    description: The users of the components.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the user.
        type: str
        required: true
      password:
        description: Its password.
        type: str
        required: true
      collections:
        description: Collections that the user may use. Empty means all.
        type: list
        elements: str
        default: []
        aliases: [tables]
  prepared:
    description: With O(state=checked), whether the database was prepared by someone else and O(login_user) is the components' user.
    type: bool
    default: false
  may_be_missing:
    description:
      - With O(state=checked), whether a server that does not answer is no problem, because it is yet to be installed. Then there need not
        be a file O(ca_cert) yet.
    type: bool
    default: false
  restart_due:
    description:
      - Whether the server is about to be restarted with other settings, and may have none or another certificate until then. A look that
        fails by that is no problem.
    type: bool
    default: false
  delete_data:
    description: With O(state=absent), the name of the database once more, to delete it with all data.
    type: str
    default: ''
  wait:
    description: Seconds to go on trying while nothing answers, 1 at least.
    type: int
    default: 3
  labels:
    description: What the caller calls the options, for the messages that name one.
    type: dict
    default: {}
  state:
    description:
      - V(present) makes it so, V(absent) takes the users away and keeps the data.
      - V(checked) changes nothing and returns problems.
      - V(verified) connects as O(login_user) and inserts, finds, changes and deletes a document in each collection.
    type: str
    choices: [present, absent, checked, verified]
    default: present
attributes:
  check_mode:
    support: full
    description: Says which commands would run.
  diff_mode:
    support: full
    description: Lists the commands, without passwords.
  idempotent:
    description: Runs no command for what is there already.
    support: full
requirements:
  - pymongo
"""

EXAMPLES = r"""
- name: Have the database
  neursafe.fl.mongodb_schema:
    login_host: 127.0.0.1:27017
    login_user: nsfl_admin
    login_password: "{{ admin_password }}"
    database: neursafe_fl
    users:
      - name: nsfl
        password: "{{ nsfl_database_password }}"
    collections:
      - name: jobs
        unique: [namespace, id]
      - name: models
        unique: [id]
"""

RETURN = r"""
actions:
  description: What was done, or would be.
  returned: O(state=present), O(state=absent), O(state=checked)
  type: list
  elements: str
  sample: [create collection jobs, create user nsfl]
problems:
  description: What would go wrong, C(OPTION - CAUSE; FIX), with the option under its name in O(labels).
  returned: O(state=checked)
  type: list
  elements: str
up_to_date:
  description: Whether O(state=present) would find nothing to do.
  returned: O(state=checked)
  type: bool
installed:
  description: Whether there is a server at all.
  returned: O(state=checked)
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._database_module import COMMON, NAMES, TABLES, answer, users
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_service import SchemaService

OPTIONS = {
    **COMMON,
    "login_host": {"type": "str", "default": "localhost:27017"},
    "login_user": {"type": "str", "required": True},
    "login_former_password": {"type": "str", "no_log": True, "default": ""},
    "login_database": {"type": "str", "default": "admin"},
    "first_user": {"type": "bool", "default": False},
    "collections": TABLES,
    "users": users({"collections": {**NAMES, "aliases": ["tables"]}}),
    "may_be_missing": {"type": "bool", "default": False},
    "restart_due": {"type": "bool", "default": False},
    "wait": {"type": "int", "default": 3},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    answer(module, SchemaService(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
