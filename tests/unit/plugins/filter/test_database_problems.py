# SPDX-License-Identifier: Apache-2.0
"""Bad settings of the database are named, with the cause and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS

PROBLEMS = FILTERS["database_problems"]
GOOD: dict[str, Any] = {
    "provider": "postgresql",
    "type": "postgreSQL",
    "address": "10.0.0.5:5432",
    "name": "neursafe_fl",
    "username": "nsfl",
    "password_given": True,
    "extra_users": [{"name": "site", "tables": ["tasks"]}],
    "tables": [{"name": "jobs", "unique": ["namespace", "id"]}, {"name": "tasks"}],
    "allowed_networks": ["10.0.0.0/24", "samenet"],
    "admin_username": "",
    "admin_password_given": False,
    "delete_data": "",
    "group": ["db"],
    "host": "db",
}


def test_good_settings() -> None:
    assert PROBLEMS(GOOD) == []
    assert PROBLEMS({**GOOD, "provider": "external", "host": "localhost", "group": [], "address": "db.example.org:6543"}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "PostgreSQL"}, "write it postgreSQL"),
        ({"type": "mongo"}, "use postgreSQL"),
        ({"address": "10.0.0.5"}, "is not HOST:PORT"),
        ({"address": "[::1]:5432"}, "more than one colon"),
        ({"address": "postgres://h:5432"}, "more than one colon"),
        ({"address": "10.0.0.5:0"}, "is no port"),
        ({"address": "10.0.0.5:70000"}, "is no port"),
        ({"address": "a b:5432"}, "is no host name"),
        ({"address": "127.0.0.1:5432"}, "pods cannot reach"),
        ({"name": "Neursafe"}, "name: 'Neursafe' is no name"),
        ({"name": "x; drop table jobs"}, "is no name"),
        ({"username": "postgres"}, "administrator"),
        ({"delete_data": "other"}, "is not the database's name"),
        ({"tables": [], "extra_users": []}, "no table is given"),
        ({"tables": [{"name": "Jobs"}, {"name": "tasks"}]}, "is no table name"),
        ({"tables": [{"name": "tasks"}, {"name": "tasks"}]}, "listed twice"),
        ({"tables": [{"name": "tasks", "unique": ["a'b"]}]}, "is no key"),
        ({"extra_users": [{"name": "site", "tables": ["x"]}]}, "not in nsfl_database_tables"),
        ({"extra_users": [{"name": "nsfl"}]}, "no free user name"),
        ({"password_given": False}, "no password is given"),
        ({"admin_password_given": True}, "given without an account"),
        ({"provider": "external", "admin_username": "nsfl"}, "the components' user too"),
        ({"allowed_networks": ["10.0.0.5/24"]}, "has host bits set"),
        ({"group": ["a", "b"], "host": "a"}, "has 2 hosts"),
        ({"group": [], "host": "localhost"}, "no host to install on"),
    ],
)
def test_each_problem_names_setting_cause_and_fix(change: dict[str, Any], words: str) -> None:
    found = PROBLEMS({**GOOD, **change})
    assert len(found) == 1
    assert found[0].startswith("nsfl_database_")
    assert words in found[0]
