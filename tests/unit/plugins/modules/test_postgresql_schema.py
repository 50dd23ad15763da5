# SPDX-License-Identifier: Apache-2.0
"""What a database needs: statements for what is missing, problems for what is different, nothing for what fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import NoDatabaseError, UnreachableError, WrongPasswordError
from ansible_collections.neursafe.fl.plugins.module_utils._database_wanted import Table, User
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import told
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql import Account, _explain
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_plan import (
    PUBLIC,
    SEQUENCE_RIGHTS,
    TABLE_RIGHTS,
    Column,
    RoleState,
    State,
    TableState,
    Wanted,
    index_tails,
    make_plan,
)
from ansible_collections.neursafe.fl.plugins.module_utils._scram import make_verifier
from ansible_collections.neursafe.fl.plugins.modules.postgresql_schema import OPTIONS

JOBS = Table("jobs", ("namespace", "id"))
WANTED = Wanted("neursafe_fl", (JOBS,), (User("nsfl", "secret"),))


def ready(**changes: Any) -> State:
    """A server that has what is wanted."""
    table = TableState(
        owner="postgres",
        columns={"id": Column("integer", True, True), "data": Column("jsonb")},
        primary_key=("id",),
        indexes=tuple((unique, tail) for _name, unique, tail in index_tails(JOBS)),
        acl={"nsfl": TABLE_RIGHTS},
        sequence=("public", "jobs_id_seq"),
        sequence_acl={"nsfl": SEQUENCE_RIGHTS},
    )
    return State(
        roles={"nsfl": changes.pop("role", RoleState(verifier=make_verifier("secret")))},
        database_exists=True,
        database_acl={"nsfl": {"CONNECT"}},
        schema_acl={"nsfl": {"USAGE"}},
        tables={"jobs": replace(table, **changes)},
    )


def texts(state: State, wanted: Wanted = WANTED) -> list[str]:
    return [action.text for action in make_plan(wanted, state).actions]


def test_nothing_to_do() -> None:
    plan = make_plan(WANTED, ready())
    assert plan.actions == [] and plan.problems == [] and plan.warnings == []


def test_an_empty_server_gets_everything_in_order() -> None:
    found = texts(State())
    assert found[:3] == ["create user nsfl", "create database neursafe_fl", "create table jobs"]
    assert "grant delete, insert, select, update on table jobs to nsfl" in found
    assert "revoke usage on schema public from PUBLIC" in found


def test_no_password_is_in_a_statement_or_its_text() -> None:
    for action in make_plan(WANTED, State()).actions:
        assert "secret" not in repr(action) and "secret" not in "".join(action.values)


def test_a_new_password_is_one_statement() -> None:
    assert texts(ready(role=RoleState(verifier=make_verifier("old")))) == ["set the password of nsfl"]
    assert texts(ready(role=RoleState(password_fits=False))) == ["set the password of nsfl"]
    assert texts(ready(role=RoleState(password_fits=True))) == []


def test_powers_are_taken_and_login_is_given() -> None:
    role = RoleState(can_login=False, powers=("CREATEDB",), verifier=make_verifier("secret"))
    assert texts(ready(role=role)) == ["alter user nsfl login nocreatedb"]


def test_a_superuser_is_refused() -> None:
    assert "is a superuser" in make_plan(WANTED, ready(role=RoleState(powers=("SUPERUSER",)))).problems[0].told({})


@pytest.mark.parametrize(
    ("columns", "primary_key", "words"),
    [
        ({"id": Column("integer", True, True), "data": Column("json")}, ("id",), "column data is json, not jsonb"),
        ({"id": Column("integer", True, True)}, ("id",), "column data is missing"),
        ({"data": Column("jsonb")}, (), "column id is missing"),
        ({"id": Column("text", True, True), "data": Column("jsonb")}, ("id",), "column id is text"),
        ({"id": Column("integer", True), "data": Column("jsonb")}, ("id",), "does not count by itself"),
        ({"id": Column("integer", True, True), "data": Column("jsonb")}, (), "is not the primary key"),
        ({"id": Column("integer", True, True), "data": Column("jsonb"), "x": Column("text", True)}, ("id",), "column x wants a value"),
    ],
)
def test_other_columns_are_a_problem_and_no_statement(columns: dict[str, Column], primary_key: tuple[str, ...], words: str) -> None:
    plan = make_plan(WANTED, ready(columns=columns, primary_key=primary_key))
    (problem,) = (problem.told({"tables": "nsfl_database_tables"}) for problem in plan.problems)
    assert problem.startswith("nsfl_database_tables: ") and words in problem and "nothing was altered" in problem
    assert not [action for action in plan.actions if "table" in action.statement.lower() and "CREATE" in action.statement]


def test_a_harmless_column_is_fine() -> None:
    columns = {"id": Column("bigint", True, True), "data": Column("jsonb", True), "note": Column("text")}
    assert make_plan(WANTED, ready(columns=columns)).problems == []


def test_missing_indexes_are_made_whatever_others_are_called() -> None:
    assert texts(ready(indexes=())) == ["create index jobs_data_gin on jobs", "create unique index jobs_namespace_id_key on jobs"]


def test_rights_beyond_the_wanted_are_revoked() -> None:
    found = texts(ready(acl={"nsfl": TABLE_RIGHTS | {"TRUNCATE"}, PUBLIC: {"SELECT"}}))
    assert found == ["revoke truncate on table jobs from nsfl", "revoke select on table jobs from PUBLIC"]


def test_other_roles_keep_their_rights() -> None:
    assert texts(ready(acl={"nsfl": TABLE_RIGHTS, "backup": {"SELECT"}})) == []


def test_a_user_of_some_tables_gets_no_others() -> None:
    wanted = replace(WANTED, users=(*WANTED.users, User("site", "x", ("tasks",))))
    found = [text for text in texts(ready(), wanted) if "table jobs" in text]
    assert found == []


def test_an_owner_is_pointed_out() -> None:
    assert "belongs to nsfl itself" in make_plan(WANTED, ready(owner="nsfl")).warnings[0]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ('FATAL:  password authentication failed for user "u"', WrongPasswordError, "login_password: "),
        ('FATAL:  password authentication failed for user "u"', WrongPasswordError, "wrong password"),
        ("server does not support SSL, but SSL was required", Exception, "sslmode: "),
        ("connection to server failed: Connection refused", UnreachableError, "login_host: "),
        (
            'connection to server at "h", port 1 failed: Connection refused\n\tIs it running?',
            UnreachableError,
            "Connection refused",
        ),
        ('FATAL:  database "d" does not exist', NoDatabaseError, "has no database d"),
        ('could not translate host name "h" to address', Exception, "unknown to DNS"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', Exception, "pg_hba.conf has no line"),
    ],
)
def test_errors_name_place_and_cause(text: str, kind: type[Exception], words: str) -> None:
    error = _explain(Account("h", 1, "u", "canary"), "d", text)
    assert isinstance(error, kind) and words in told(error, {}) and "h:1" in str(error) and "canary" not in str(error)


def test_secrets_are_marked() -> None:
    users: Any = OPTIONS["users"]
    assert OPTIONS["login_password"]["no_log"] and users["options"]["password"]["no_log"]
