# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talk to a PostgreSQL server: connect with clear errors, read the state of the wanted names, run a plan."""

from __future__ import annotations

import os
import pwd
import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass, field

from ansible_collections.neursafe.fl.plugins.module_utils._database_error import (
    AddressError,
    DatabaseError,
    NoDatabaseError,
    NotInstalledError,
    TlsError,
    UnreachableError,
    WrongPasswordError,
)
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_plan import (
    PUBLIC,
    Action,
    Column,
    RoleState,
    State,
    TableState,
    Wanted,
)

try:
    import psycopg2
    from psycopg2 import sql

    PSYCOPG2_ERROR = None
except ImportError as error:
    PSYCOPG2_ERROR = str(error)

_LOCK_NOT_AVAILABLE, _UNIQUE_VIOLATION, _INSUFFICIENT_PRIVILEGE = "55P03", "23505", "42501"
_LOCK = 0x6E73666C  # "nsfl": one advisory lock for all runs on a database
_POWERS = {
    "rolsuper": "SUPERUSER",
    "rolcreatedb": "CREATEDB",
    "rolcreaterole": "CREATEROLE",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
}
Connection = t.Any


@dataclass(frozen=True)
class Account:
    """Where the server is and who asks. An empty host means the socket on this host."""

    host: str
    port: int
    user: str
    password: str = field(default="", repr=False)
    os_user: str = ""
    sslmode: str = "prefer"
    ca_cert: str = ""
    timeout: int = 5
    lock_timeout: int = 10

    @property
    def place(self) -> str:
        """The server as an error names it."""
        return f"{self.host}:{self.port}" if self.host else f"the socket on port {self.port}"


def connect(account: Account, database: str, wait: int = 0) -> Connection:
    """A connection; while nothing answers it is tried again for `wait` seconds."""
    end = time.monotonic() + wait
    while True:
        try:
            return _connect_once(account, database)
        except UnreachableError as error:
            if isinstance(error, NotInstalledError) or time.monotonic() >= end:
                raise
            time.sleep(1)


def _connect_once(account: Account, database: str) -> Connection:
    if PSYCOPG2_ERROR is not None:
        raise NotInstalledError(f"the Python that runs this module lacks psycopg2 ({PSYCOPG2_ERROR}); install python3-psycopg2")
    arguments: dict[str, t.Any] = {
        "dbname": database,
        "user": account.user,
        "port": account.port,
        "connect_timeout": account.timeout,
        "application_name": "neursafe.fl",
        "options": f"-c lock_timeout={account.lock_timeout}s",
    }
    if account.host:
        arguments |= {"host": account.host, "sslmode": account.sslmode}
    if account.password:
        arguments["password"] = account.password
    if account.ca_cert:
        arguments["sslrootcert"] = account.ca_cert
    try:
        with _as_os_user(account.os_user):
            return psycopg2.connect(**arguments)
    except psycopg2.OperationalError as error:
        raise _explain(account, database, str(error).strip()) from error


@contextmanager
def _as_os_user(name: str) -> t.Iterator[None]:
    """Peer authentication looks at the effective user; only the connect itself happens under the other name."""
    if not name or os.geteuid() != 0:
        yield
        return
    try:
        user = pwd.getpwnam(name)
    except KeyError as error:
        raise NotInstalledError(f"there is no user {name} on this host, so no PostgreSQL is installed") from error
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


# Words of the client library, the error they mean, and the cause in words of the person who set the address.
_CAUSES: tuple[tuple[tuple[str, ...], type[DatabaseError], str], ...] = (
    (("authentication failed",), WrongPasswordError, "{server} refuses user {user}: wrong password, or no such user; correct them"),
    (("no password supplied",), WrongPasswordError, "{server} wants a password for user {user} and none is given; give it"),
    (
        ("no pg_hba.conf entry",),
        AddressError,
        "{server} does not let user {user} in from here: its pg_hba.conf has no line for this client and database {database}; add it",
    ),
    (("could not translate host name",), AddressError, "the host name in {place} is unknown to DNS; correct the address"),
    (("invalid response to SSL negotiation",), AddressError, "what answers at {place} is no PostgreSQL; correct the address"),
    (("certificate", "SSL"), TlsError, "{server}: TLS fails: {first}; give the CA that signed its certificate, or correct the mode"),
    (
        ("permission denied for database",),
        NoDatabaseError,
        "{server}: user {user} may not connect to database {database}; grant it there, or name another",
    ),
    (("too many clients", "remaining connection slots"), DatabaseError, "{server} has no free connection: {first}"),
    (
        ("refused", "timeout", "timed out", "No such file", "No route", "starting up", "shutting down", "unreachable"),
        UnreachableError,
        "{server} cannot be reached: {first}; start it, open its port, or correct the address",
    ),
)


def _explain(account: Account, database: str, text: str) -> DatabaseError:
    words = {
        "server": f"PostgreSQL at {account.place}",
        "place": account.place,
        "user": account.user,
        "database": database,
        "first": text.splitlines()[0] if text else "no answer",
    }
    if f'database "{database}" does not exist' in text:
        return NoDatabaseError("{server} has no database {database}; create it there, or name another".format(**words))
    for phrases, kind, cause in _CAUSES:
        if any(phrase in text for phrase in phrases):
            return kind(cause.format(**words))
    return DatabaseError("{server} fails for user {user}: {first}".format(**words))


def read_state(maintenance: Connection, wanted: Wanted, account: Account) -> State:
    """What the server has of the wanted names; the database itself is looked into by `read_database`."""
    state = State()
    with _clear_errors("read the roles"), maintenance.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (wanted.database,))
        state.database_exists = cursor.fetchone() is not None
        state.roles = _read_roles(cursor, wanted, account, state.database_exists)
    return state


def _read_roles(cursor: t.Any, wanted: Wanted, account: Account, database_exists: bool) -> dict[str, RoleState]:
    names = [user.name for user in wanted.users]
    columns = sql.SQL(", ").join(map(sql.Identifier, _POWERS))
    query = sql.SQL("SELECT rolname, rolcanlogin, ARRAY[{}] FROM pg_roles WHERE rolname = ANY(%s)").format(columns)
    cursor.execute(query, (names,))
    roles = {}
    for name, can_login, has in cursor.fetchall():
        powers = tuple(power for number, power in enumerate(_POWERS.values()) if has[number])
        roles[name] = RoleState(can_login=can_login, powers=powers)
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY(%s)", (names,))
        for name, verifier in cursor.fetchall():
            roles[name].verifier = verifier
        return roles
    # Only a superuser sees the verifiers; anyone else finds out by a login.
    for user in wanted.users:
        if user.name in roles:
            probe = Account(account.host, account.port, user.name, user.password, "", account.sslmode, account.ca_cert)
            try:
                connect(probe, wanted.database if database_exists else "postgres").close()
                roles[user.name].password_fits = True
            except DatabaseError as error:
                roles[user.name].password_fits = not isinstance(error, WrongPasswordError)
    return roles


def read_database(target: Connection, wanted: Wanted, state: State) -> None:
    """Complete a state with what is inside the database."""
    with _clear_errors("read the tables"), target.cursor() as cursor:
        state.database_acl = _read_acl(cursor, "pg_database", "datname", wanted.database, ("datacl", "d", "datdba"))
        state.schema_acl = _read_acl(cursor, "pg_namespace", "nspname", wanted.schema, ("nspacl", "n", "nspowner"))
        cursor.execute(
            "SELECT c.relname, c.oid, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND c.relname = ANY(%s)",
            (wanted.schema, [table.name for table in wanted.tables]),
        )
        state.tables = {name: _read_table(cursor, oid, owner) for name, oid, owner in cursor.fetchall()}


def _read_table(cursor: t.Any, oid: int, owner: str) -> TableState:
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef OR attidentity <> ''"
        " FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (oid,),
    )
    columns = {name: Column(kind, not_null, has_default) for name, kind, not_null, has_default in cursor.fetchall()}
    cursor.execute(
        "SELECT indisunique, indisprimary, substring(pg_get_indexdef(indexrelid) FROM ' USING (.*)$')"
        " FROM pg_index WHERE indrelid = %s AND indisvalid",
        (oid,),
    )
    indexes = cursor.fetchall()
    table = TableState(owner, columns, indexes=tuple((unique, tail) for unique, primary, tail in indexes if not primary))
    cursor.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indrelid = %s AND i.indisprimary ORDER BY a.attnum",
        (oid,),
    )
    table.primary_key = tuple(name for (name,) in cursor.fetchall())
    table.acl = _read_acl(cursor, "pg_class", "oid", oid, ("relacl", "r", "relowner"))
    if "id" in columns:
        cursor.execute(
            "SELECT s.oid, n.nspname, s.relname FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace"
            " WHERE s.oid = pg_get_serial_sequence(%s::regclass::text, 'id')::regclass",
            (oid,),
        )
        row = cursor.fetchone()
        if row:
            table.sequence = (row[1], row[2])
            table.sequence_acl = _read_acl(cursor, "pg_class", "oid", row[0], ("relacl", "s", "relowner"))
    return table


def _read_acl(cursor: t.Any, catalog: str, key: str, value: t.Any, columns: tuple[str, str, str]) -> dict[str, set[str]]:
    acl, kind, owner = columns
    query = sql.SQL(
        "SELECT a.grantee, pg_get_userbyid(a.grantee), a.privilege_type"
        " FROM {}, aclexplode(coalesce({}, acldefault({}, {}))) a WHERE {} = %s"
    ).format(*map(sql.Identifier, (catalog, acl)), sql.Literal(kind), *map(sql.Identifier, (owner, key)))
    cursor.execute(query, (value,))
    found: dict[str, set[str]] = {}
    for number, name, right in cursor.fetchall():
        found.setdefault(PUBLIC if number == 0 else name, set()).add(right)
    return found


def lock(connection: Connection) -> None:
    """Keep a second run out of this database until the transaction ends."""
    with _clear_errors("wait for another run on this database"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def run(connection: Connection, actions: t.Sequence[Action]) -> None:
    """Run statements in the connection's transaction."""
    for action in actions:
        names = [sql.Identifier(*identifier) for identifier in action.identifiers]
        with _clear_errors(action.text), connection.cursor() as cursor:
            cursor.execute(sql.SQL(action.statement).format(*names), action.values or None)


@contextmanager
def _clear_errors(doing: str) -> t.Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise DatabaseError(f"{doing}: {_reason(error)}") from error


def _reason(error: t.Any) -> str:
    if error.pgcode == _LOCK_NOT_AVAILABLE:
        return "another session holds a lock for longer than lock_timeout; end it and run again"
    if error.pgcode == _UNIQUE_VIOLATION:
        detail = (error.diag.message_detail or "").strip()
        return f"rows of the table have the same key ({detail}); no row was changed, settle which one is right"
    if error.pgcode == _INSUFFICIENT_PRIVILEGE:
        return f"the account may not do that ({error.diag.message_primary})"
    return str((str(error).strip().splitlines() or ["no reason given"])[0])
