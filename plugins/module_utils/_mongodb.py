# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talk to a MongoDB server: connect with clear errors, read the state of the wanted names, run a plan."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote

from ansible_collections.neursafe.fl.plugins.module_utils._database_error import (
    AddressError,
    DatabaseError,
    NotInstalledError,
    TlsError,
    UnreachableError,
    WrongPasswordError,
)
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_address import with_tls, without_ca
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_plan import (
    Action,
    CollectionState,
    Role,
    State,
    UserState,
    Wanted,
    role_name,
)

try:
    import pymongo
    from pymongo import errors

    PYMONGO_ERROR = None
except ImportError as error:
    PYMONGO_ERROR = str(error)

_UNAUTHORIZED, _AUTHENTICATION_FAILED, _DUPLICATE = 13, 18, 11000
Client = t.Any


@dataclass(frozen=True)
class Account:
    """Where the server is and who asks; without a user it is somebody unknown."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = "admin"
    sslmode: str = "prefer"
    ca_cert: str = ""
    timeout: int = 3

    @property
    def place(self) -> str:
        """The server as an error names it: hosts and ports of its address, without account and options."""
        return re.sub(r"[/?].*", "", re.sub(r"^mongodb(\+srv)?://([^@/]*@)?", "", self.address))

    @property
    def uri(self) -> str:
        """The address with what is to be known of TLS."""
        return with_tls(without_ca(self.address) if self.ca_cert else self.address, self.sslmode, quote(self.ca_cert))


def arguments(account: Account) -> dict[str, t.Any]:
    """What the client library is to be told beside the URI."""
    found: dict[str, t.Any] = {"serverSelectionTimeoutMS": account.timeout * 1000, "connectTimeoutMS": 5000, "appname": "neursafe.fl"}
    if "://" not in account.address:
        found["directConnection"] = True
    if account.user:
        found |= {"username": account.user, "password": account.password, "authSource": account.database}
    return found


def connect(account: Account) -> Client:
    """A client that is logged in; while nothing answers the library goes on trying for the account's time-out."""
    if PYMONGO_ERROR is not None:
        raise NotInstalledError(f"the Python that runs this module lacks pymongo ({PYMONGO_ERROR}); install python3-pymongo")
    try:
        client = pymongo.MongoClient(account.uri, **arguments(account))
    except (errors.PyMongoError, ValueError, OSError) as error:
        text = f"{account.place} cannot be used as an address with these TLS settings: {_first(error)}; correct them"
        raise AddressError(text) from error
    try:
        client.admin.command("connectionStatus")
    except errors.PyMongoError as error:
        client.close()
        raise explain(account, error) from error
    return client


# Words of the client library, the error they mean, and the cause in words of the person who set the address.
_CAUSES: tuple[tuple[tuple[str, ...], type[DatabaseError], str], ...] = (
    (
        ("SSL", "certificate"),
        TlsError,
        "{server}: TLS fails: {first}; give the CA that signed its certificate, or correct the mode",
    ),
    (
        ("Name or service not known", "name resolution", "nodename nor servname", "No address associated"),
        AddressError,
        "the host name in {place} is unknown to DNS; correct the address",
    ),
    (
        ("connection closed", "Connection reset"),
        UnreachableError,
        "what answers at {place} ends the connection: it wants TLS, or is no MongoDB; correct TLS mode or address",
    ),
)


def explain(account: Account, error: Exception) -> DatabaseError:
    """The cause of a failed connection, and what to do."""
    words = {"server": f"MongoDB at {account.place}", "place": account.place, "first": _first(error)}
    code = getattr(error, "code", None)
    if code == _AUTHENTICATION_FAILED:
        text = f"refuses user {account.user} of database {account.database}: wrong password, or no such user; correct them"
        return WrongPasswordError(f"{words['server']} {text}")
    for phrases, kind, cause in _CAUSES:
        if any(phrase in str(error) for phrase in phrases):
            return kind(cause.format(**words))
    if isinstance(error, errors.AutoReconnect):
        return UnreachableError("{server} cannot be reached: {first}; start it, open its port, or correct the address".format(**words))
    return DatabaseError("{server} fails: {first}".format(**words))


def _first(error: Exception) -> str:
    """The part of the library's text that says what happened, without its view of all servers."""
    details = getattr(error, "details", None) or {}
    return str(details.get("errmsg") or re.split(r" \(configured|, Timeout:|, full error:", str(error))[0]).strip()


def has_roles(client: Client) -> bool:
    """FerretDB speaks MongoDB's protocol without its roles, and says so in its own words."""
    return "ferretdbVersion" not in _call(client, "admin", {"buildInfo": 1}, "ask for its version")


def _call(client: Client, database: str, command: t.Mapping[str, t.Any], doing: str) -> dict[str, t.Any]:
    try:
        answer: dict[str, t.Any] = client[database].command(dict(command))
    except errors.OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            raise DatabaseError(f"this account may not {doing}; give one with the roles for it", "login_user") from error
        if error.code == _DUPLICATE:
            text = f"cannot {doing}: documents there have the same values; take the surplus ones away first"
            raise DatabaseError(text, "collections") from error
        raise DatabaseError(f"cannot {doing}: {_first(error)}") from error
    except errors.PyMongoError as error:
        raise DatabaseError(f"cannot {doing}: {_first(error)}") from error
    for refused in answer.get("writeErrors", []):
        raise DatabaseError(f"cannot {doing}: {refused['errmsg']}")
    return answer


def run(client: Client, actions: t.Sequence[Action]) -> None:
    """Run the commands in their order."""
    for action in actions:
        _call(client, action.database, action.command, action.text)


def read_state(client: Client, wanted: Wanted, account: Account) -> State:
    """What the server has of the wanted names."""
    state = State()
    for user in wanted.users:
        answer = _call(client, wanted.database, {"usersInfo": {"user": user.name, "db": wanted.database}}, "read the users")
        for found in answer["users"]:
            roles = frozenset[Role]((role["role"], role["db"]) for role in found["roles"])
            state.users[user.name] = UserState(_fits(account, wanted.database, user.name, user.password), roles)
        if user.tables and wanted.with_roles:
            state.roles |= _read_role(client, wanted.database, role_name(user))
    kinds = collections(client, wanted.database)
    state.database_exists = bool(kinds)
    for collection in wanted.collections:
        if collection.name in kinds:
            indexes = _read_indexes(client, wanted.database, collection.name) if kinds[collection.name] == "collection" else ()
            state.collections[collection.name] = CollectionState(kinds[collection.name], indexes)
    return state


def _fits(account: Account, database: str, user: str, password: str) -> bool:
    """Whether a password is the user's, by a login."""
    probe = Account(account.address, user, password, database, account.sslmode, account.ca_cert, account.timeout)
    try:
        with closing(connect(probe)):
            return True
    except WrongPasswordError:
        return False


def _read_role(client: Client, database: str, name: str) -> dict[str, frozenset[str]]:
    command = {"rolesInfo": {"role": name, "db": database}, "showPrivileges": True}
    roles = _call(client, database, command, "read the roles")["roles"]
    return {
        role["role"]: frozenset(item["resource"]["collection"] for item in role["privileges"] if item["resource"]["collection"])
        for role in roles
    }


def collections(client: Client, database: str) -> dict[str, str]:
    """The kind of each collection and view, by its name."""
    command = {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}
    answer = _call(client, database, command, "list the collections")
    return {item["name"]: item.get("type", "collection") for item in answer["cursor"]["firstBatch"]}


def _read_indexes(client: Client, database: str, name: str) -> tuple[tuple[tuple[str, ...], bool], ...]:
    answer = _call(client, database, {"listIndexes": name}, f"read the indexes of {name}")
    plain = [index for index in answer["cursor"]["firstBatch"] if not {"partialFilterExpression", "sparse"} & set(index)]
    return tuple((tuple(index["key"]), bool(index.get("unique"))) for index in plain)
