#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: database_rows
short_description: Read all rows of the components' tables, or bring them back
version_added: 0.1.0
description:
  - Reads the rows of all tables at one moment, as lines of JSON, and tells which jobs are at work.
  - Brings such rows back with their numbers. In PostgreSQL in one transaction; in a database of MongoDB's kind one after the other, and
    what was cut short is finished by the next run.
  - A database that has other rows is refused unless O(overwrite) says otherwise. Rows that are there already are not touched.
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Compares, and says how many rows would be written and deleted.
  diff_mode:
    description: Numbers of rows, never what is in them.
author:
  - The neursafe.fl maintainers (@neursafe)
requirements:
  - psycopg2, or pymongo, on the host that runs the module
options:
  type:
    description: Kind of the database as the components spell it.
    type: str
    choices: [postgreSQL, mongo]
    default: postgreSQL
  login_host:
    description: Host of the server, or HOST:PORT or a URI for V(mongo). PostgreSQL's socket on this host when empty.
    type: str
    default: ""
  login_port:
    description: Port of PostgreSQL.
    type: int
    default: 5432
  login_user:
    description: User to work as.
    type: str
    required: true
  login_password:
    description: Its password.
    type: str
    default: ""
  login_os_user:
    description: User of this host to connect to PostgreSQL's socket as.
    type: str
    default: ""
  sslmode:
    description: Use of TLS, in PostgreSQL's words.
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    default: prefer
  ca_cert:
    description: File with the CA that the server's certificate is checked against.
    type: path
  database:
    description: The database.
    type: str
    required: true
  schema:
    description: Schema of the tables in PostgreSQL.
    type: str
    default: public
  tables:
    description: The tables. One that is not there counts as empty.
    type: list
    elements: str
    required: true
  state:
    description: V(saved) reads, V(restored) makes the rows those of O(content).
    type: str
    choices: [saved, restored]
    default: saved
  content:
    description: The lines that V(saved) returned.
    type: str
    default: ""
  overwrite:
    description: Whether rows that are not those of O(content) are deleted or replaced.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read all rows
  neursafe.fl.database_rows:
    login_user: postgres
    login_os_user: postgres
    database: neursafe_fl
    tables: [jobs, models, tasks]
  register: rows

- name: Bring them back
  neursafe.fl.database_rows:
    login_user: postgres
    login_os_user: postgres
    database: neursafe_fl
    tables: [jobs, models, tasks]
    state: restored
    content: "{{ rows.content }}"
"""

RETURN = r"""
content:
  description: The rows, one line of JSON each.
  returned: O(state=saved)
  type: str
counts:
  description: Number of rows by table, in the database or the backup.
  returned: always
  type: dict
  sample: {jobs: 2, models: 1, tasks: 0}
at_work:
  description: Jobs that are neither finished nor failed nor stopped.
  returned: O(state=saved)
  type: list
  elements: str
  sample: [default/mnist RUNNING]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils import _mongodb as mongo
from ansible_collections.neursafe.fl.plugins.module_utils import _postgresql as pg
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import (
    DatabaseError,
    NoDatabaseError,
    UnreachableError,
    WrongPasswordError,
)
from ansible_collections.neursafe.fl.plugins.module_utils._rows import NotABackupError, counts, difference, from_text, jobs_at_work, to_text
from ansible_collections.neursafe.fl.plugins.module_utils._rows_service import MongoRows, OtherDataError, PostgresqlRows

OPTIONS = {
    "type": {"type": "str", "choices": ["postgreSQL", "mongo"], "default": "postgreSQL"},
    "login_host": {"type": "str", "default": ""},
    "login_port": {"type": "int", "default": 5432},
    "login_user": {"type": "str", "required": True},
    "login_password": {"type": "str", "default": "", "no_log": True},
    "login_os_user": {"type": "str", "default": ""},
    "sslmode": {
        "type": "str",
        "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "default": "prefer",
    },
    "ca_cert": {"type": "path"},
    "database": {"type": "str", "required": True},
    "schema": {"type": "str", "default": "public"},
    "tables": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["saved", "restored"], "default": "saved"},
    "content": {"type": "str", "default": ""},
    "overwrite": {"type": "bool", "default": False},
}


# Without the library the connection says so.
PG_ERRORS: tuple[type[Exception], ...] = ()
if pg.PSYCOPG2_ERROR is None:
    from psycopg2 import Error

    PG_ERRORS = (Error,)


def service(params: dict[str, Any]) -> PostgresqlRows | MongoRows:
    """The one for the kind of database."""
    host, user, password, tls = params["login_host"], params["login_user"], params["login_password"], params["sslmode"]
    ca_cert = params["ca_cert"] or ""
    if params["type"] == "mongo":
        account = mongo.Account(host, user, password, params["database"], tls, ca_cert, timeout=10)
        return MongoRows(account, params["database"], params["tables"])
    login = pg.Account(host, params["login_port"], user, password, params["login_os_user"], tls, ca_cert)
    return PostgresqlRows(login, params["database"], params["schema"], params["tables"])


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    if params["state"] == "saved":
        rows = service(params).read()
        return {
            "changed": False,
            "content": to_text(rows),
            "counts": counts(rows, params["tables"]),
            "at_work": jobs_at_work(rows),
        }
    wanted = from_text(params["content"])
    try:
        steps = service(params).write(wanted, params["overwrite"], module.check_mode)
    except (UnreachableError, NoDatabaseError, WrongPasswordError):
        if not module.check_mode:
            raise
        # An earlier task has not made the database.
        steps = difference(wanted, {})
    text = "".join(f"{number} rows {what}\n" for number, what in ((len(steps.write), "written"), (len(steps.delete), "deleted")) if number)
    return {"changed": bool(steps), "counts": counts(wanted, params["tables"]), "diff": {"before": "", "after": text}}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = run(module)
    except OtherDataError as error:
        module.fail_json(msg=str(error), other_data=True)
    except (DatabaseError, NotABackupError) as error:
        module.fail_json(msg=str(error))
    except PG_ERRORS as error:
        module.fail_json(msg=f"{module.params['database']}: {str(error).strip() or type(error).__name__}; no row was changed")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
