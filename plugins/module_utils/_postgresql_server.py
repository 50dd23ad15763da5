# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a running server listens, lets in and starts at boot as wanted, so that a rerun touches no file of it."""

from __future__ import annotations

import errno
import hashlib
import ipaddress
import os
import re
import shutil
import socket
import subprocess
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError

_SOCKETS = "/var/run/postgresql"


def differences(connection: t.Any, wanted: t.Mapping[str, t.Any], database: str, users: t.Sequence[str]) -> list[str]:
    """What of the server is not as wanted: the settings of our file, access for the users, its certificate, start at boot.

    The two views show the files as they are now, so a change by hand is found although it is not in effect yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting, applied FROM pg_file_settings WHERE sourcefile LIKE '%%/' || %s AND error IS NULL",
            (wanted["settings_file"],),
        )
        settings = {name: (value, applied) for name, value, applied in cursor.fetchall()}
        cursor.execute("SELECT type, database, user_name, address, netmask, auth_method FROM pg_hba_file_rules WHERE error IS NULL")
        rules = cursor.fetchall()
    found = [
        f"{name} is {settings[name][0] if name in settings else 'not set'}"
        for name, value in wanted["settings"].items()
        if settings.get(name) != (str(value), True)
    ]
    found += [
        f"no access for {user} from {network}"
        for user in users
        for network in wanted["networks"]
        if not any(_lets_in(rule, "hostssl" if wanted.get("tls") else "host", database, user, network) for rule in rules)
    ]
    found += [f"{file['path']} is not as wanted" for file in wanted.get("files") or [] if _sha256(file["path"]) != file["sha256"]]
    if wanted.get("unit") and not _enabled(wanted["unit"]):
        found.append(f"unit {wanted['unit']} does not start at boot")
    return found


def due(connection: t.Any, wanted: t.Mapping[str, t.Any], places: t.Mapping[str, str]) -> str:
    """`restart` or `reload` where files have not been read since they were written, as when a run was killed in between.

    A setting that wants a restart is named with an error while the server runs with another value.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_file_settings AS file JOIN pg_settings AS now USING (name)"
            " WHERE file.sourcefile LIKE '%%/' || %s AND file.error IS NOT NULL AND now.context = 'postmaster'",
            (wanted["settings_file"],),
        )
        if cursor.fetchone()[0]:
            return "restart"
        cursor.execute("SELECT extract(epoch FROM pg_conf_load_time())")
        read = float(cursor.fetchone()[0])
    settings_file = os.path.join(places["config_folder"], "conf.d", wanted["settings_file"])
    paths = [settings_file, places["hba_file"], *(file["path"] for file in wanted.get("files") or [])]
    return "reload" if any(_written(path) > read for path in paths) else ""


def _written(path: str) -> float:
    """When, in seconds; what is not there was never."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _sha256(path: str) -> str:
    """Empty when there is no such file."""
    try:
        with open(path, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return ""


def files(connection: t.Any) -> dict[str, str]:
    """Where the server keeps its settings; that differs by distribution and version, so it is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('config_file'), current_setting('hba_file')")
        config, hba = cursor.fetchone()
    return {"config_folder": os.path.dirname(config), "config_file": config, "hba_file": hba}


def ports() -> list[int]:
    """The ports of the servers that run on this host."""
    names = os.listdir(_SOCKETS) if os.path.isdir(_SOCKETS) else []
    return sorted(int(name.rsplit(".", 1)[1]) for name in names if re.fullmatch(r"\.s\.PGSQL\.[0-9]+", name))


def _lets_in(rule: t.Sequence[t.Any], wanted: str, database: str, user: str, network: str) -> bool:
    kind, databases, users, address, netmask, method = rule
    if kind != wanted or method != "scram-sha-256" or not address:
        return False
    if not {database, "all"}.intersection(databases) or not {user, "all"}.intersection(users):
        return False
    return bool(address == network or (netmask and _same_network(f"{address}/{netmask}", network)))


def _same_network(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_network(one, strict=False) == ipaddress.ip_network(other, strict=False)
    except ValueError:
        return False


def _enabled(unit: str) -> bool:
    try:
        return bool(programs.run(["systemctl", "is-enabled", "--quiet", unit], timeout=10).returncode == 0)
    except (OSError, subprocess.TimeoutExpired):
        return False


def room_for_a_server(port: int, folder: str, min_free_mb: int) -> list[OptionError]:
    """What stands in the way of installing a server here: the port is taken by something else, or the disk is full."""
    problems: list[OptionError] = []
    if not os.path.exists(f"{_SOCKETS}/.s.PGSQL.{port}") and _taken(port):
        problems.append(OptionError(f"port {port} is taken by another program on this host; end it or choose another port", "login_port"))
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder) or "/"
    free = shutil.disk_usage(folder).free // 2**20
    if free < min_free_mb:
        text = f"only {free} MB are free in {folder}, {min_free_mb} MB are wanted for the database; make room"
        problems.append(OptionError(text, "min_free_mb"))
    return problems


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
