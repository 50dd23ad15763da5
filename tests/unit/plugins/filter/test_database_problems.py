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

FERRETDB: dict[str, Any] = {"provider": "ferretdb", "type": "mongo"}
URI: dict[str, Any] = {"provider": "external", "type": "mongo", "address": "mongodb://a:1,b:2/?replicaSet=r&tls=true"}
# As the inventory has it unless told otherwise: TLS on, and an authority that everybody knows.
TLS: dict[str, Any] = {"tls": True, "sslmode": "verify-full", "authority_known": True}
HOST: dict[str, Any] = {"systemd": True, "ports": {}, "paths": {"/data": {"exists": False, "free_mb": 9000}}}


def test_good_settings() -> None:
    assert PROBLEMS(GOOD) == []
    assert PROBLEMS({**GOOD, "provider": "external", "host": "localhost", "group": [], "address": "db.example.org:6543"}) == []
    assert PROBLEMS({**GOOD, **FERRETDB, "settings": {"FERRETDB_LOG_LEVEL": "INFO"}}) == []
    assert PROBLEMS({**GOOD, **FERRETDB, "provider": "mongodb", "settings": {"net": {"ipv6": True}}}) == []
    assert PROBLEMS({**GOOD, **URI}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "PostgreSQL"}, "write it postgreSQL"),
        ({"type": "mysql"}, "use postgreSQL or mongo"),
        ({"type": "MongoDB"}, "write it mongo"),
        ({"type": "mongo"}, "postgresql installs no mongo"),
        ({**FERRETDB, "type": "postgreSQL"}, "ferretdb installs no postgreSQL; set nsfl_db_type to mongo"),
        ({**FERRETDB, "address": "mongodb://h:27017"}, "more than one colon"),
        ({**FERRETDB, "address": "10.0.0.5"}, "write for example 10.0.0.5:27017"),
        ({**FERRETDB, "admin_username": "nsfl"}, "the components' user too"),
        ({**FERRETDB, "settings": {"logLevel": "x"}}, "no variable of FerretDB's environment"),
        ({**FERRETDB, "group": ["a", "b"], "host": "a"}, "has 2 hosts"),
        ({**URI, "address": "mongodb://u:p@h"}, "has an account in it"),
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


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ""),
        ({"tls": False}, "the server is to have no TLS, and nsfl_db_sslmode (verify-full) asks for it; set that to disable"),
        ({"tls": False, "sslmode": "disable"}, ""),
        ({"tls": False, "sslmode": "prefer", "authority_known": False}, ""),
        ({"sslmode": "require", "authority_known": False}, ""),
        (
            {"sslmode": "disable"},
            "the server takes nothing but TLS, and nsfl_db_sslmode (disable) does not ask for it; set that to require",
        ),
    ],
)
@pytest.mark.parametrize("server", [{}, FERRETDB, {**FERRETDB, "provider": "mongodb"}])
def test_who_comes_asks_for_tls_where_there_is_tls(server: dict[str, Any], settings: dict[str, Any], words: str) -> None:
    found = PROBLEMS({**GOOD, **server, **TLS, **settings})
    assert len(found) == bool(words) and words in "".join(found)


def test_mongodb_is_never_tried_with_tls_first() -> None:
    """As PostgreSQL is by its library; but an authority that is known asks for it."""
    prefer = {**TLS, "sslmode": "prefer"}
    assert PROBLEMS({**GOOD, **prefer, "authority_known": False}) == []
    assert PROBLEMS({**GOOD, **FERRETDB, **prefer}) == []
    (problem,) = PROBLEMS({**GOOD, **FERRETDB, **prefer, "authority_known": False})
    assert problem.startswith("nsfl_database_tls: the server takes nothing but TLS")
    assert PROBLEMS({**GOOD, **URI, **prefer, "tls": False}) == []


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ({"systemd": False}, "systemd is not the init"),
        ({"ports": {"5432": {"unit": "", "command": "mongod", "pid": 1}}}, "port 5432 is taken by mongod"),
        ({"ports": {"5432": {"unit": "nsfl-ferretdb.service", "command": "x", "pid": 1}}}, ""),
        ({"paths": {"/data": {"exists": False, "free_mb": 10}}}, "only 10 MB are free for /data"),
        ({"paths": {"/data": {"exists": True, "free_mb": 10}}}, ""),
    ],
)
def test_what_stands_in_the_way_on_the_host(host: dict[str, Any], words: str) -> None:
    settings = {**GOOD, **FERRETDB, "unit": "nsfl-ferretdb.service", "min_free_mb": 1024}
    found = PROBLEMS(settings, host={**HOST, **host})
    assert len(found) == bool(words) and words in "".join(found)


def test_a_program_has_to_come_from_somewhere() -> None:
    nothing = {"paths": {"/x": {"exists": False}}, "commands": {"go": ""}}
    assert "no Go on the controller" in PROBLEMS({**GOOD, **FERRETDB}, controller=nothing)[0]
    assert "there is no file /x" in PROBLEMS({**GOOD, **FERRETDB, "binary_file": "/x"}, controller=nothing)[0]
    assert PROBLEMS({**GOOD, **FERRETDB}, controller={**nothing, "commands": {"go": "/usr/bin/go"}}) == []
    assert PROBLEMS({**GOOD, **FERRETDB, "provider": "mongodb"}, controller=nothing) == []
