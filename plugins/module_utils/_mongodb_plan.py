# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a MongoDB database needs to become what is wanted: a pure comparison of two states that gives commands or problems.

Nothing here drops or alters data. An index that is in the way is a problem for a person, not a command.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.neursafe.fl.plugins.module_utils._database_wanted import Table, User
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError

# The account that looks after the databases, and no more: it does not run the server.
ADMIN_ROLES = ("userAdminAnyDatabase", "readWriteAnyDatabase", "dbAdminAnyDatabase")
_ACTIONS = ("find", "insert", "remove", "update")

Role = tuple[str, str]
Command = dict[str, t.Any]


@dataclass(frozen=True)
class Wanted:
    """The database as it should be. A server without roles gives every user everything."""

    database: str
    collections: tuple[Table, ...]
    users: tuple[User, ...]
    with_roles: bool = True


@dataclass
class UserState:
    """A user as it is."""

    password_fits: bool = True
    roles: frozenset[Role] = frozenset()


@dataclass
class CollectionState:
    """A collection as it is: its kind, and for each index its keys and whether it is unique."""

    kind: str = "collection"
    indexes: tuple[tuple[tuple[str, ...], bool], ...] = ()


@dataclass
class State:
    """What the server has of the wanted names; of roles the collections that each lets use."""

    users: dict[str, UserState] = field(default_factory=dict)
    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    collections: dict[str, CollectionState] = field(default_factory=dict)
    database_exists: bool = False


@dataclass(frozen=True)
class Action:
    """One command. The text is for people and logs; the command may hold a password."""

    text: str
    database: str
    command: Command = field(repr=False)


@dataclass
class Plan:
    """What to run, what stands in the way, and what to tell."""

    actions: list[Action] = field(default_factory=list)
    problems: list[OptionError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def make_plan(wanted: Wanted, state: State) -> Plan:
    """Commands for what is missing; collections and indexes first, so that no user finds half of them."""
    plan = Plan()
    for collection in wanted.collections:
        _collection(plan, wanted, collection, state.collections.get(collection.name))
    for user in wanted.users:
        _user(plan, wanted, user, state)
    if not wanted.with_roles:
        plan.warnings.append("this server has no roles: each of its users may do everything; keep it for this purpose only")
    return plan


def _collection(plan: Plan, wanted: Wanted, collection: Table, found: CollectionState | None) -> None:
    name = collection.name
    if found is not None and found.kind != "collection":
        plan.problems.append(
            OptionError(f"{name} is a {found.kind} in {wanted.database}; nothing was altered, name another", "collections")
        )
        return
    if found is None:
        plan.actions.append(Action(f"create collection {name}", wanted.database, {"create": name}))
    if not collection.unique:
        return
    existing = dict(found.indexes if found else ())
    if existing.get(collection.unique) is False:
        text = f"the index of {name} on {', '.join(collection.unique)} is not unique; nothing was altered, drop it there"
        plan.problems.append(OptionError(text, "collections"))
    elif collection.unique not in existing:
        index = {"key": dict.fromkeys(collection.unique, 1), "name": f"{name}_{'_'.join(collection.unique)}_key", "unique": True}
        text = f"create unique index {index['name']} on {name}"
        plan.actions.append(Action(text, wanted.database, {"createIndexes": name, "indexes": [index]}))


def _user(plan: Plan, wanted: Wanted, user: User, state: State) -> None:
    role = _role(plan, wanted, user, state)
    roles = [{"role": role, "db": wanted.database}] if wanted.with_roles else []
    found = state.users.get(user.name)
    if found is None:
        command = {"createUser": user.name, "pwd": user.password, "roles": roles}
        plan.actions.append(Action(f"create user {user.name}", wanted.database, command))
        return
    if not found.password_fits:
        command = {"updateUser": user.name, "pwd": user.password}
        plan.actions.append(Action(f"set the password of {user.name}", wanted.database, command))
    if wanted.with_roles and found.roles != {(role, wanted.database)}:
        text = f"give {user.name} the role {role} and no other"
        plan.actions.append(Action(text, wanted.database, {"updateUser": user.name, "roles": roles}))


def role_name(user: User) -> str:
    """The role that a user is to have: one of the server's own, or one for its collections."""
    return f"{user.name}_collections" if user.tables else "readWrite"


def _role(plan: Plan, wanted: Wanted, user: User, state: State) -> str:
    name = role_name(user)
    if not user.tables or not wanted.with_roles:
        return name
    found = state.roles.get(name)
    if found != frozenset(user.tables):
        # Whether a collection is there is asked by its list; a role without that right cannot tell.
        privileges = [{"resource": {"db": wanted.database, "collection": ""}, "actions": ["listCollections"]}]
        privileges += [{"resource": {"db": wanted.database, "collection": one}, "actions": list(_ACTIONS)} for one in user.tables]
        verb = "createRole" if found is None else "updateRole"
        command = {verb: name, "privileges": privileges, "roles": []}
        plan.actions.append(Action(f"let the role {name} use {', '.join(user.tables)}", wanted.database, command))
    return name


def removal(wanted: Wanted, state: State, delete_data: bool) -> Plan:
    """Take the users and their roles away, and the data only when that is asked for."""
    database = wanted.database
    plan = Plan([Action(f"drop user {name}", database, {"dropUser": name}) for name in state.users])
    plan.actions += [Action(f"drop role {name}", database, {"dropRole": name}) for name in state.roles]
    if delete_data and state.database_exists:
        plan.actions.append(Action(f"drop database {database} with its data", database, {"dropDatabase": 1}))
    return plan


def another_password(database: str, name: str, password: str) -> Action:
    """The account that looks after the databases gets another password."""
    return Action(f"set the password of the administrator {name}", database, {"updateUser": name, "pwd": password})


def first_administrator(name: str, password: str) -> Action:
    """The one command that a server without any user takes from somebody unknown, at its own host."""
    roles = [{"role": role, "db": "admin"} for role in ADMIN_ROLES]
    return Action(f"create the administrator {name}", "admin", {"createUser": name, "pwd": password, "roles": roles})
