# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What of a wanted state a host does not have: read with the eyes of the modules that would change it, and changing nothing.

A role asks this before its work and leaves the work out when nothing differs.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _mounts as mounts
from ansible_collections.neursafe.fl.plugins.module_utils import _systemd as systemd
from ansible_collections.neursafe.fl.plugins.module_utils._host_state import remote_troubles
from ansible_collections.neursafe.fl.plugins.module_utils._tree import Tree
from ansible_collections.neursafe.fl.plugins.module_utils._tree_entries import TreeError, parse_entries, parse_root

Wanted = t.Mapping[str, t.Any]
_CHUNK = 2**20
_PROGRAM_MODE = 0o755


def accounts(names: t.Sequence[str]) -> list[str]:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return [f"account {name}" for name in names if name not in known]


def sha256(path: str) -> str:
    """Empty when there is no such file."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def programs(wanted: t.Sequence[Wanted]) -> list[str]:
    """Executable by all, root's, and of the given content."""
    found = []
    for program in wanted:
        path = program["path"]
        state = os.lstat(path) if os.path.lexists(path) else None
        as_installed = state is not None and (state.st_mode & 0o7777, state.st_uid, state.st_gid) == (_PROGRAM_MODE, 0, 0)
        if not program["sha256"] or not as_installed or sha256(path) != program["sha256"]:
            found.append(path)
    return found


def trees(wanted: t.Sequence[Wanted], timeout: float) -> list[str]:
    """The paths that the module tree would change. What it would refuse is its own to tell, and differs."""
    found: list[str] = []
    table = mounts.read_mounts()
    troubles = remote_troubles([one["root"] for one in wanted], table, timeout)
    for one in wanted:
        below = mounts.mount_over(table, os.path.normpath(one["root"]))
        if below is not None and troubles.get(below.point):
            found.append(one["root"])
            continue
        try:
            tree = Tree(root := parse_root(one["root"]), 0o755, check=True)
            tree.apply(parse_entries(root, one["entries"]))
        except TreeError:
            found.append(one["root"])
        else:
            found += tree.changed_paths
    return found


def units(wanted: t.Sequence[Wanted]) -> list[str]:
    """Each unit with what systemctl would be asked to do."""
    try:
        seen = systemd.show([unit["name"] for unit in wanted])
    except systemd.UnitError as error:
        return [str(error)]
    found = []
    for unit in wanted:
        is_now = seen[unit["name"]]
        differs = [f"{verb} ({reason})" for verb, reason in systemd.steps(is_now, unit["state"], unit["enabled"], unit["files"])]
        if unit["same_command"] and is_now.running and systemd.running_command(is_now.pid) != is_now.command:
            differs.append("restart (it runs with other options)")
        found += [f"{unit['name']}: {step}" for step in differs]
    return found


def mounted(wanted: t.Sequence[Wanted]) -> list[str]:
    """Where something else than the wanted source is mounted, or nothing."""
    table = mounts.read_mounts()
    return [f"mount {one['path']}" for one in wanted if getattr(mounts.mount_at(table, one["path"]), "source", None) != one["source"]]
