# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database needs to become what is wanted: a pure comparison of two states that gives statements or problems.

Nothing here drops or alters data. A table that exists with other columns is a problem for a person, not a statement.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.neursafe.fl.plugins.module_utils._database_wanted import Table, User
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError
from ansible_collections.neursafe.fl.plugins.module_utils._scram import make_verifier, matches

IDENTIFIER = re.compile(r"^[a-z_][a-z0-9_]{0,62}\Z")
PUBLIC = "PUBLIC"
TABLE_RIGHTS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
SEQUENCE_RIGHTS = frozenset({"USAGE"})
_INTEGERS = ("smallint", "integer", "bigint")
_POWERS = ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")

Acl = t.Mapping[str, t.AbstractSet[str]]
Identifier = tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """The database as it should be. A table has id serial primary key and data jsonb; its unique keys are those of data."""

    database: str
    tables: tuple[Table, ...]
    users: tuple[User, ...]
    schema: str = "public"
    revoke_public: bool = True


@dataclass
class RoleState:
    """A role as it is; `password_fits` says whether the wanted password is the one it has."""

    can_login: bool = True
    powers: tuple[str, ...] = ()
    verifier: str | None = field(default=None, repr=False)
    password_fits: bool | None = None


@dataclass
class Column:
    """A column as it is."""

    type: str
    not_null: bool = False
    has_default: bool = False


@dataclass
class TableState:
    """A table as it is."""

    owner: str
    columns: t.Mapping[str, Column]
    primary_key: tuple[str, ...] = ()
    indexes: tuple[tuple[bool, str], ...] = ()
    acl: Acl = field(default_factory=dict)
    sequence: Identifier | None = None
    sequence_acl: Acl = field(default_factory=dict)


@dataclass
class State:
    """What a server has of the wanted names."""

    roles: t.Mapping[str, RoleState] = field(default_factory=dict)
    database_exists: bool = False
    database_acl: Acl = field(default_factory=dict)
    schema_acl: Acl = field(default_factory=dict)
    tables: t.Mapping[str, TableState] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """One statement: what a person reads, and its text with {} for identifiers and %s for values."""

    text: str
    statement: str
    identifiers: tuple[Identifier, ...] = ()
    values: tuple[str, ...] = field(default=(), repr=False)


@dataclass
class Plan:
    """Statements in the three places where they run, and what stands against running them."""

    roles: list[Action] = field(default_factory=list)
    database: list[Action] = field(default_factory=list)
    schema: list[Action] = field(default_factory=list)
    problems: list[OptionError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def actions(self) -> list[Action]:
        """All statements in the order in which they run."""
        return [*self.roles, *self.database, *self.schema]


def make_plan(wanted: Wanted, state: State) -> Plan:
    """Compare what is wanted with what is there."""
    plan = Plan()
    for user in wanted.users:
        _plan_role(user, state.roles.get(user.name), plan)
    if not state.database_exists:
        plan.database.append(
            Action(f"create database {wanted.database}", "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", ((wanted.database,),))
        )
    for table in wanted.tables:
        _plan_table(table, state.tables.get(table.name), wanted, plan)
    _plan_rights(wanted, state, plan)
    return plan


def _plan_role(user: User, role: RoleState | None, plan: Plan) -> None:
    if role is None:
        text = f"create user {user.name}"
        plan.roles.append(Action(text, "CREATE ROLE {} LOGIN PASSWORD %s", ((user.name,),), (make_verifier(user.password),)))
        return
    if "SUPERUSER" in role.powers:
        text = f"user {user.name} is a superuser of the server; name another user for the components"
        plan.problems.append(OptionError(text, "users"))
        return
    lacks = ["LOGIN"] if not role.can_login else []
    changes = [*lacks, *(f"NO{power}" for power in role.powers if power in _POWERS)]
    if changes:
        words = " ".join(changes)
        plan.roles.append(Action(f"alter user {user.name} {words.lower()}", f"ALTER ROLE {{}} {words}", ((user.name,),)))
    fits = role.password_fits if role.password_fits is not None else matches(role.verifier, user.password)
    if not fits:
        values = (make_verifier(user.password),)
        plan.roles.append(Action(f"set the password of {user.name}", "ALTER ROLE {} PASSWORD %s", ((user.name,),), values))


def index_tails(table: Table) -> list[tuple[str, bool, str]]:
    """Name, uniqueness and definition (as pg_get_indexdef ends) of the indexes that a table is to have."""
    wanted = [(f"{table.name}_data_gin", False, "gin (data jsonb_path_ops)")]
    if table.unique:
        parts = ", ".join(f"((data ->> '{key}'::text))" for key in table.unique)
        wanted.append((f"{table.name}_{'_'.join(table.unique)}_key", True, f"btree ({parts})"))
    return wanted


def _plan_table(table: Table, found: TableState | None, wanted: Wanted, plan: Plan) -> None:
    name = (wanted.schema, table.name)
    if found is None:
        plan.schema.append(Action(f"create table {table.name}", "CREATE TABLE {} (id serial PRIMARY KEY, data jsonb)", (name,)))
    else:
        differences = column_differences(found)
        if differences:
            text = f"table {table.name} exists with other columns: {'; '.join(differences)}; nothing was altered,"
            plan.problems.append(OptionError(f"{text} rename that table or choose another name", "tables"))
            return
        if found.owner in {user.name for user in wanted.users}:
            plan.warnings.append(f"table {table.name} belongs to {found.owner} itself, so its rights cannot be limited")
    present = set(found.indexes) if found else set()
    for index, unique, tail in index_tails(table):
        if (unique, tail) not in present:
            kind = "UNIQUE INDEX" if unique else "INDEX"
            statement = f"CREATE {kind} {{}} ON {{}} USING {tail}"
            text = f"create {kind.lower()} {index} on {table.name}"
            plan.schema.append(Action(text, statement, ((index,), name)))


def column_differences(found: TableState) -> list[str]:
    """How a table differs from id serial primary key, data jsonb; more columns are fine as long as an insert works."""
    differences = []
    number, data = found.columns.get("id"), found.columns.get("data")
    if number is None:
        differences.append("column id is missing")
    elif number.type not in _INTEGERS:
        differences.append(f"column id is {number.type}, not integer")
    elif not number.has_default:
        differences.append("column id does not count by itself (no serial)")
    elif found.primary_key != ("id",):
        differences.append("column id is not the primary key")
    if data is None:
        differences.append("column data is missing")
    elif data.type != "jsonb":
        differences.append(f"column data is {data.type}, not jsonb")
    for name, column in found.columns.items():
        if name not in ("id", "data") and column.not_null and not column.has_default:
            differences.append(f"column {name} wants a value that no component gives")
    return differences


def _plan_rights(wanted: Wanted, state: State, plan: Plan) -> None:
    database, schema = (wanted.database,), (wanted.schema,)
    fresh_schema: Acl = {PUBLIC: {"USAGE"}}
    for user in wanted.users:
        _grant(plan, user.name, "DATABASE", database, {"CONNECT"}, state.database_acl)
        _grant(plan, user.name, "SCHEMA", schema, {"USAGE"}, state.schema_acl)
    if wanted.revoke_public:
        _revoke(plan, PUBLIC, "DATABASE", database, state.database_acl if state.database_exists else {PUBLIC: {"CONNECT", "TEMPORARY"}})
        _revoke(plan, PUBLIC, "SCHEMA", schema, state.schema_acl if state.database_exists else fresh_schema)
    for table in wanted.tables:
        found = state.tables.get(table.name)
        name = (wanted.schema, table.name)
        sequence = (found.sequence if found else None) or (wanted.schema, f"{table.name}_id_seq")
        places = (
            ("TABLE", name, TABLE_RIGHTS, found.acl if found else {}),
            ("SEQUENCE", sequence, SEQUENCE_RIGHTS, found.sequence_acl if found else {}),
        )
        for kind, place, rights, acl in places:
            for user in wanted.users:
                if found is None or found.owner != user.name:
                    allowed = rights if user.may_use(table.name) else frozenset()
                    _grant(plan, user.name, kind, place, allowed, acl)
                    _revoke(plan, user.name, kind, place, acl, keep=allowed)
            _revoke(plan, PUBLIC, kind, place, acl)


def _grant(plan: Plan, who: str, kind: str, place: Identifier, rights: t.AbstractSet[str], acl: Acl) -> None:
    missing = sorted(rights - acl.get(who, frozenset()))
    if missing:
        words = ", ".join(missing)
        text = f"grant {words.lower()} on {kind.lower()} {place[-1]} to {who}"
        plan.schema.append(Action(text, f"GRANT {words} ON {kind} {{}} TO {{}}", (place, (who,))))


def _revoke(plan: Plan, who: str, kind: str, place: Identifier, acl: Acl, keep: t.AbstractSet[str] = frozenset()) -> None:
    excess = sorted(acl.get(who, frozenset()) - keep)
    if excess:
        words = ", ".join(excess)
        text = f"revoke {words.lower()} on {kind.lower()} {place[-1]} from {who}"
        # PUBLIC is a word of the language, not the name of a role.
        target, names = ("PUBLIC", (place,)) if who == PUBLIC else ("{}", (place, (who,)))
        plan.schema.append(Action(text, f"REVOKE {words} ON {kind} {{}} FROM {target}", names))
