# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What a host has: who listens where, what lies on a path, which programs. Read from /proc; changes nothing."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import stat
import subprocess
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _mounts as mounts
from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs

_LISTEN = "0A"
_UNIT = re.compile(r"([^/]+\.service)")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)+")
_REMOTE = ("fuse", "nfs", "cifs", "ceph", "glusterfs", "9p", "afs", "smb")
CONTAINER_BOOLEANS = ("virt_sandbox_use_fusefs",)
_SELINUX = "/sys/fs/selinux"
# Entries of a folder beyond this many are not of interest.
_SOME = 10


def parse_listeners(tables: t.Iterable[str]) -> dict[int, set[str]]:
    """Port -> socket inodes, from the text of /proc/net/tcp and tcp6."""
    found: dict[int, set[str]] = {}
    for table in tables:
        for line in table.splitlines()[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTEN:
                found.setdefault(int(fields[1].rsplit(":", 1)[1], 16), set()).add(fields[9])
    return found


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _link(path: str) -> str:
    """Where a link leads. Processes and their files come and go while one looks."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _holder(inodes: set[str]) -> dict[str, t.Any]:
    """The process that has one of these sockets open. Without the right to look, its name stays unknown."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if any(_link(f"/proc/{pid}/fd/{number}") in wanted for number in _list(f"/proc/{pid}/fd")):
            units = _UNIT.findall(_read(f"/proc/{pid}/cgroup"))
            return {"pid": int(pid), "command": _read(f"/proc/{pid}/comm").strip(), "unit": units[-1] if units else ""}
    return {"pid": 0, "command": "", "unit": ""}


def ports(wanted: t.Sequence[int]) -> dict[str, dict[str, t.Any]]:
    """For each wanted port that somebody listens on: who."""
    listeners = parse_listeners([_read("/proc/net/tcp"), _read("/proc/net/tcp6")])
    return {str(port): _holder(listeners[port]) for port in wanted if port in listeners}


def is_remote(fstype: str) -> bool:
    """Whether a filesystem of this type lies behind a network or a FUSE process."""
    return fstype.startswith(_REMOTE)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "directory"),
        (stat.S_ISREG, "file"),
        (stat.S_ISLNK, "symlink"),
        (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"),
    )
    return next((name for test, name in kinds if test(mode)), "other")


def path(where: str, table: t.Sequence[mounts.Mount], troubles: t.Mapping[str, str]) -> dict[str, t.Any]:
    """What is at `where` and on which filesystem it lies. A mount with troubles is not touched, since it may hang."""
    over = mounts.mount_over(table, where)
    state: dict[str, t.Any] = {
        "exists": False,
        "kind": "",
        "mount_point": over.point if over else "",
        "fstype": over.fstype if over else "",
        "source": over.source if over else "",
        "shared": bool(over and over.shared),
        "remote": bool(over and is_remote(over.fstype)),
        "trouble": "",
        "entries": [],
        "free_mb": -1,
        "read_only": False,
    }
    if over is not None and state["remote"]:
        state["trouble"] = troubles[over.point]
        if state["trouble"]:
            return state
    try:
        if os.path.lexists(where):
            state["exists"], state["kind"] = True, _kind(os.lstat(where).st_mode)
        if os.path.isdir(where):
            with os.scandir(where) as entries:
                state["entries"] = sorted(entry.name for entry in itertools.islice(entries, _SOME))
        near = where
        while not os.path.exists(near):
            near = os.path.dirname(near) or "."
        room = os.statvfs(near)
        state["free_mb"], state["read_only"] = room.f_bavail * room.f_frsize // 2**20, bool(room.f_flag & os.ST_RDONLY)
    except OSError as error:
        state["trouble"] = error.strerror or str(error)
    return state


def remote_troubles(wanted: t.Sequence[str], table: t.Sequence[mounts.Mount], timeout: float) -> dict[str, str]:
    """The remote mounts that these paths lie on, each with what is wrong with it."""
    over = [mounts.mount_over(table, os.path.normpath(where)) for where in wanted]
    found: dict[str, str] = mounts.probes([mount.point for mount in over if mount is not None and is_remote(mount.fstype)], timeout)
    return found


def paths(wanted: t.Sequence[str], timeout: float) -> dict[str, dict[str, t.Any]]:
    """All of them; remote mounts are probed once each."""
    table = mounts.read_mounts()
    troubles = remote_troubles(wanted, table, timeout)
    return {where: path(os.path.normpath(where), table, troubles) for where in wanted}


def commands(wanted: t.Sequence[str]) -> dict[str, str]:
    """Where each program is; empty when it is not."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
    return {name: shutil.which(name, path=search) or "" for name in wanted}


def versions(wanted: t.Sequence[str]) -> dict[str, str]:
    """What `PROGRAM --version` calls itself; empty when it is missing or does not say."""
    found = commands(wanted)
    return {name: _version(program) if program else "" for name, program in found.items()}


def selinux(root: str = _SELINUX) -> dict[str, t.Any]:
    """Whether SELinux enforces its policy here, and which of the policy's booleans about containers are off."""
    off = [name for name in CONTAINER_BOOLEANS if _read(f"{root}/booleans/{name}").startswith("0")]
    return {"enforcing": _read(f"{root}/enforce").strip() == "1", "off": off}


def _version(program: str) -> str:
    try:
        told = programs.run([program, "--version"], timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _NUMBER.search(told.stdout + told.stderr)
    return match.group(0) if match else ""
