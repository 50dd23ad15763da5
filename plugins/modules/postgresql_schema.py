#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_schema
short_description: The database of the components, with its users, tables, indexes and rights, in one call
version_added: 0.1.0
author: The neursafe.fl maintainers (@neursafe)
description:
  - Reads what the server has, and runs only the statements that are missing, those inside the database in one transaction.
  - Every table has C(id serial primary key) and C(data jsonb), a GIN index for containment, and the unique keys that are named.
  - A user gets the rights that the components need and no others. It owns nothing and cannot create anything.
  - Never drops or alters a table. One that exists with other columns is an error that says what differs.
options:
  login_host:
    description: Address of the server. Empty means the socket on this host.
    type: str
    default: ''
  login_port:
    description: Port of the server.
    type: int
    default: 5432
  login_user:
    description: Role to connect as. It must be able to create roles and databases, except for V(verified) and O(prepared=true).
    type: str
    default: postgres
  login_password:
    description: Password of that role.
    type: str
    default: ''
  login_os_user:
    description: User of this host to connect as over the socket, for peer authentication. Needs root.
    type: str
    default: ''
  sslmode:
    description: How TLS is used on a network connection, as libpq names it.
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    default: prefer
  ca_cert:
    description: File with the authority of the server's certificate.
    type: path
  maintenance_db:
    description: Database to connect to while the wanted one may not exist.
    type: str
    default: postgres
  database:
    description: Name of the database.
    type: str
    required: true
  schema:
    description: Schema of the tables.
    type: str
    default: public
  tables:
    description: The tables.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the table.
        type: str
        required: true
      unique:
        description: Keys of C(data) that no two rows share together.
        type: list
        elements: str
        default: []
  users:
    description: The login roles of the components.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the role.
        type: str
        required: true
      password:
        description: Its password. Only a SCRAM verifier of it goes to the server.
        type: str
        required: true
      tables:
        description: Tables that the role may use. Empty means all.
        type: list
        elements: str
        default: []
  revoke_public:
    description: Whether every other role loses its rights on the database, the schema and the tables.
    type: bool
    default: true
  prepared:
    description: With O(state=checked), whether the database was prepared by someone else and O(login_user) is the components' user.
    type: bool
    default: false
  server:
    description: With O(state=checked), what the server on this host should be like.
    type: dict
    suboptions:
      settings:
        description: Settings, by name, that its own file for this database holds.
        type: dict
        default: {}
      settings_file:
        description: Name of that file.
        type: str
        default: neursafe_fl.conf
      any_port:
        description: Whether a server that was just installed may still be on another port.
        type: bool
        default: false
      networks:
        description: Networks from which the users may connect.
        type: list
        elements: str
        default: []
      tls:
        description: Whether they may connect with TLS only (C(hostssl)), or also without (C(host)).
        type: bool
        default: false
      files:
        description: Files that the server reads, with what is to be in them.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description: The file.
            type: path
            required: true
          sha256:
            description: The checksum of its content.
            type: str
            required: true
      unit:
        description: Unit that starts it at boot.
        type: str
        default: ''
      data_folder:
        description: Folder whose disk must have room when there is no server yet.
        type: path
        default: /var/lib
      min_free_mb:
        description: Free space in MB wanted there.
        type: int
        default: 0
  delete_data:
    description: With O(state=absent), the name of the database once more, to delete it with all data.
    type: str
    default: ''
  lock_timeout:
    description: Seconds that a statement waits for another session's lock.
    type: int
    default: 10
  wait:
    description: Seconds to go on trying while nothing answers.
    type: int
    default: 0
  labels:
    description: What the caller calls the options, for the messages that name one.
    type: dict
    default: {}
  state:
    description:
      - V(present) makes it so, V(absent) takes the users away and keeps the data.
      - V(checked) changes nothing and returns problems.
      - V(verified) connects as O(login_user) and inserts, finds, changes and deletes a row in each table, then rolls back.
    type: str
    choices: [present, absent, checked, verified]
    default: present
attributes:
  check_mode:
    support: full
    description: Says which statements would run.
  diff_mode:
    support: full
    description: Lists the statements, without passwords.
  idempotent:
    description: Runs no statement for what is there already.
    support: full
requirements:
  - psycopg2
"""

EXAMPLES = r"""
- name: Have the database
  neursafe.fl.postgresql_schema:
    login_os_user: postgres
    database: neursafe_fl
    users:
      - name: neursafe_fl
        password: "{{ nsfl_database_password }}"
    tables:
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
  sample: [create database neursafe_fl, create table jobs]
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
server_ready:
  description: Whether the server is as O(server) wants.
  returned: O(state=checked)
  type: bool
server_differences:
  description: What of the server is not as O(server) wants.
  returned: O(state=checked) and there is a server
  type: list
  elements: str
server_due:
  description: V(restart) or V(reload) where the server has to do so for what its files say already; empty otherwise.
  returned: O(state=checked) and there is a server
  type: str
server_files:
  description: Where the server keeps its settings, C(config_folder), C(config_file) and C(hba_file).
  returned: O(state=checked) and there is a server
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._database_module import COMMON, NAMES, TABLES, answer, users
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_plan import IDENTIFIER
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_service import SchemaService

OPTIONS = {
    **COMMON,
    "login_host": {"type": "str", "default": ""},
    "login_port": {"type": "int", "default": 5432},
    "login_user": {"type": "str", "default": "postgres"},
    "login_os_user": {"type": "str", "default": ""},
    "maintenance_db": {"type": "str", "default": "postgres"},
    "schema": {"type": "str", "default": "public"},
    "tables": TABLES,
    "users": users({"tables": NAMES}),
    "revoke_public": {"type": "bool", "default": True},
    "server": {
        "type": "dict",
        "options": {
            "settings": {"type": "dict", "default": {}},
            "settings_file": {"type": "str", "default": "neursafe_fl.conf"},
            "any_port": {"type": "bool", "default": False},
            "networks": NAMES,
            "tls": {"type": "bool", "default": False},
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"path": {"type": "path", "required": True}, "sha256": {"type": "str", "required": True}},
            },
            "unit": {"type": "str", "default": ""},
            "data_folder": {"type": "path", "default": "/var/lib"},
            "min_free_mb": {"type": "int", "default": 0},
        },
    },
    "lock_timeout": {"type": "int", "default": 10},
    "wait": {"type": "int", "default": 0},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    params = module.params
    names = [params["database"], params["schema"], *(item["name"] for item in params["tables"] + params["users"])]
    for name in [*names, *(key for table in params["tables"] for key in table["unique"])]:
        if not IDENTIFIER.match(name):
            module.fail_json(msg=f"{name!r} is no name for this: use lower-case letters, digits and _, at most 63, no digit first")
    answer(module, SchemaService(params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
