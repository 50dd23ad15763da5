# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the settings of the database, as one sentence a problem: setting, cause, fix."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_address import tls_options
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_plan import IDENTIFIER

Settings = t.Mapping[str, t.Any]
_PREFIX = "nsfl_database_"
# The longest index name that is made of a table's is <table>_data_gin.
_TABLE_LENGTH = 54
_NETWORK_WORDS = ("samenet", "samehost", "all")
_TYPES = {"postgreSQL": 5432, "mongo": 27017}
# The type that the server of a provider is of; anything goes with a server of somebody else.
_PROVIDERS = {"postgresql": "postgreSQL", "mongodb": "mongo", "ferretdb": "mongo"}
_URI = re.compile(r"^mongodb(\+srv)?://[!-~]+\Z")


def problems(settings: Settings, host: Settings | None = None, controller: Settings | None = None) -> list[str]:
    """Every problem of the settings, and of what was seen of the host and of the controller; nothing is asked over the network."""
    found = [*_type(settings), *_address(settings), *_names(settings), *_tables(settings), *_accounts(settings)]
    if settings.get("provider") == "postgresql":
        found += _networks(settings)
    if settings.get("provider") in _PROVIDERS:
        found += [*_hosts(settings), *_tls(settings)]
    if settings.get("provider") == "ferretdb":
        found += _environment(settings)
    if host is not None:
        found += _host(settings, host)
    if controller is not None:
        found += _controller(settings, controller)
    return [_PREFIX + text for text in found]


def _text(settings: Settings, key: str) -> str:
    value = settings.get(key)
    return "" if value is None else str(value)


def _type(settings: Settings) -> t.Iterator[str]:
    kind, provider = _text(settings, "type"), _text(settings, "provider")
    if kind not in _TYPES:
        word = {"postgre": "postgreSQL", "mongo": "mongo"}
        hints = [f"write it {known}, as the components spell it" for start, known in word.items() if kind.lower().startswith(start)]
        yield f"type: {kind!r} is no type that this role sets up; {next(iter(hints), 'use postgreSQL or mongo')}"
    elif _PROVIDERS.get(provider, kind) != kind:
        yield f"provider: {provider} installs no {kind}; set nsfl_db_type to {_PROVIDERS[provider]}, or choose another provider"


def _address(settings: Settings) -> t.Iterator[str]:
    address = _text(settings, "address")
    host, colon, port = address.rpartition(":")
    if settings.get("type") == "mongo" and settings.get("provider") == "external" and _URI.match(address):
        if "@" in address:
            yield "address: the URI has an account in it, which the components do not use; give it in the settings for user and password"
    elif "@" in address:
        yield "address: it has an account in it; give user and password in their own settings"
    elif address.count(":") > 1:
        yield f"address: {address!r} has more than one colon; the components take HOST:PORT only, no IPv6 address and no URL"
    elif not colon or not host:
        yield f"address: {address!r} is not HOST:PORT; write for example 10.0.0.5:{_TYPES.get(_text(settings, 'type'), 5432)}"
    elif not check.host(host):
        yield f"address: {host!r} is no host name or IPv4 address; correct it"
    elif not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        yield f"address: {port!r} is no port; give a number from 1 to 65535"
    elif _of_this_host_only(host):
        yield f"address: pods cannot reach {host}; give the address that the cluster's nodes reach"


def _of_this_host_only(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


def _names(settings: Settings) -> t.Iterator[str]:
    for key in ("name", "username"):
        name = _text(settings, key)
        if not IDENTIFIER.match(name):
            yield f"{key}: {name!r} is no name for this; use lower-case letters, digits and _, at most 63, no digit first"
    if _text(settings, "username") == "postgres" and settings.get("type") != "mongo":
        yield "username: postgres is the server's administrator; name a user for the components"
    deleted = _text(settings, "delete_data")
    if deleted and deleted != _text(settings, "name"):
        yield f"delete_data: {deleted!r} is not the database's name {_text(settings, 'name')!r}; name it, or leave this empty"


def _tables(settings: Settings) -> t.Iterator[str]:
    tables = settings.get("tables") or []
    names = [str(table.get("name")) for table in tables]
    if not names:
        yield "tables: no table is given; the components need jobs, models and tasks"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"tables: {name} is listed twice; keep one"
    for table in tables:
        name = str(table.get("name"))
        if not IDENTIFIER.match(name) or len(name) > _TABLE_LENGTH:
            yield f"tables: {name!r} is no table name; use lower-case letters, digits and _, at most {_TABLE_LENGTH}, no digit first"
        for key in table.get("unique") or []:
            if not IDENTIFIER.match(str(key)):
                yield f"tables: {key!r}, unique in {name}, is no key; use lower-case letters, digits and _"
    for user in settings.get("extra_users") or []:
        for table in user.get("tables") or []:
            if table not in names:
                yield f"extra_users: {user.get('name')} names the table {table}, which is not in nsfl_database_tables; add it there"


def _accounts(settings: Settings) -> t.Iterator[str]:
    users = [_text(settings, "username"), *(str(user.get("name")) for user in settings.get("extra_users") or [])]
    for name in users[1:]:
        if not IDENTIFIER.match(name) or users.count(name) > 1:
            yield f"extra_users: {name!r} is no free user name; use lower-case letters, digits and _, each name once"
    if not settings.get("password_given"):
        yield "password: no password is given; set it, or leave the generated one"
    if settings.get("admin_password_given") and not _text(settings, "admin_username"):
        yield "admin_username: a password is given without an account; set both or none"
    if settings.get("provider") != "postgresql" and _text(settings, "admin_username") == _text(settings, "username"):
        yield "admin_username: the administrator is the components' user too; name another, or leave it empty for a prepared database"


def _networks(settings: Settings) -> t.Iterator[str]:
    for network in settings.get("allowed_networks") or []:
        try:
            if network not in _NETWORK_WORDS:
                ipaddress.ip_network(str(network))
        except ValueError as error:
            yield f"allowed_networks: {error}; write networks like 10.0.0.0/24, or samenet"


def _hosts(settings: Settings) -> t.Iterator[str]:
    group = settings.get("group") or []
    host = _text(settings, "host")
    if len(group) > 1:
        yield f"provider: the group nsfl_database has {len(group)} hosts ({', '.join(group)}); one server is installed, so name one host"
    elif host == "localhost" and host not in group:
        yield "provider: the group nsfl_database has no host to install on; name one, or set nsfl_database_provider to external"


def _tls(settings: Settings) -> t.Iterator[str]:
    """Whether those who come to the server ask for TLS where it has it. PostgreSQL's library tries it by itself unless told otherwise."""
    mode, is_mongo = _text(settings, "sslmode"), settings.get("type") == "mongo"
    asked = tls_options(mode, "known" if is_mongo and settings.get("authority_known") else "")
    if not settings.get("tls"):
        if asked.get("tls") == "true":
            fix = "set that to disable, or turn TLS off for all (nsfl_tls)"
            yield f"tls: the server is to have no TLS, and nsfl_db_sslmode ({mode}) asks for it; {fix}"
    elif asked.get("tls") == "false" or (is_mongo and not asked):
        fix = "set that to require, or leave TLS on for all (nsfl_tls)"
        yield f"tls: the server takes nothing but TLS, and nsfl_db_sslmode ({mode}) does not ask for it; {fix}"


def _environment(settings: Settings) -> t.Iterator[str]:
    for name in settings.get("settings") or {}:
        if not re.fullmatch(r"FERRETDB_[A-Z_]+", str(name)):
            yield f"settings: {name!r} is no variable of FerretDB's environment; write names like FERRETDB_LOG_LEVEL"


def _host(settings: Settings, host: Settings) -> t.Iterator[str]:
    """What stands in the way of a server that this role runs as a unit of its own."""
    if not host["systemd"]:
        yield "provider: systemd is not the init of this host, and the server is run by it; choose another host, or provider external"
    for port, holder in host["ports"].items():
        if holder["unit"] != settings.get("unit"):
            who = holder["unit"] or holder["command"] or "another program"
            yield f"address: port {port} is taken by {who} on this host; end it or choose another port"
    wanted = int(settings.get("min_free_mb") or 0)
    for path, state in host["paths"].items():
        if not state["exists"] and 0 <= state["free_mb"] < wanted:
            yield f"min_free_mb: only {state['free_mb']} MB are free for {path}, {wanted} MB are wanted for the database; make room"


def _controller(settings: Settings, controller: Settings) -> t.Iterator[str]:
    """Whether there is a program of FerretDB to install."""
    given = settings.get("binary_file")
    if settings.get("provider") != "ferretdb":
        return
    if given and not any(state["exists"] for state in controller["paths"].values()):
        yield f"ferretdb_binary_file: there is no file {given} on the controller; correct the path"
    if not given and not controller["commands"]["go"]:
        yield "ferretdb_binary_file: no program is given, and there is no Go on the controller to build it; give it, or install Go"
