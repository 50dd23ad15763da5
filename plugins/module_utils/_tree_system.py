# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What a tree needs of the system: open folders, whole writes, owners, modes, one lock, and errors in words."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import hashlib
import os
import pwd
import stat
import time
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._tree_entries import Entry, TreeError

DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIFF_LIMIT = 256 * 1024


def entry_like(entry: Entry, current: os.stat_result) -> Entry:
    """What a rewritten file keeps when nothing else is asked: owner, group and mode it has now."""
    return Entry(path=entry.path, state="file", mode=stat.S_IMODE(current.st_mode), owner=str(current.st_uid), group=str(current.st_gid))


def open_folder(name: str, parent: int, full: str) -> int | None:
    try:
        return os.open(name, DIRECTORY_FLAGS, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise TreeError(f"{full}: a file or symlink is in the way of a folder; move it away") from error
        raise


def is_full(name: str, parent: int) -> bool:
    folder = os.open(name, DIRECTORY_FLAGS, dir_fd=parent)
    try:
        return bool(os.listdir(folder))
    finally:
        os.close(folder)


def lstat(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def discard(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def read(name: str, folder: int) -> bytes:
    handle = os.open(name, READ_FLAGS, dir_fd=folder)
    with os.fdopen(handle, "rb") as stream:
        return stream.read()


def write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def sync_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        # FUSE filesystems need not know fsync on a folder; the object is in the store by then.
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EIO):
            raise


def set_mode(handle: int, mode: int, full: str, forced: bool = True) -> None:
    if stat.S_IMODE(os.fstat(handle).st_mode) == mode:
        return
    try:
        os.fchmod(handle, mode)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS, errno.ENOTSUP):
            raise
    found = stat.S_IMODE(os.fstat(handle).st_mode)
    if found != mode and forced:
        raise TreeError(
            f"{full}: the filesystem gives mode {found:04o} whatever is asked (wanted {mode:04o}), as FUSE mounts with a umask do; "
            "leave `mode` out of this entry, or change the mount's umask"
        )


def ids(owner: str | None, group: str | None, check: bool) -> tuple[int | None, int | None]:
    return _id(owner, lambda name: pwd.getpwnam(name).pw_uid, "user", check), _id(
        group, lambda name: grp.getgrnam(name).gr_gid, "group", check
    )


def _id(name: str | None, look_up: t.Callable[[str], int], what: str, check: bool) -> int | None:
    if name is None:
        return None
    if name.isdigit():
        return int(name)
    try:
        return look_up(name)
    except KeyError as error:
        if check:
            return -2  # an earlier task would have created the account: no id equals this one
        raise TreeError(f"no {what} is called '{name}' on this host; create it first or name another") from error


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def lock(root_fd: int, root: str, timeout: float) -> None:
    """A module outlives a killed ansible-playbook: the next run waits here until the old one is through."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(root_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return  # a filesystem without locks
        if time.monotonic() > deadline:
            raise TreeError(
                f"{root}: another run is still changing this tree after {timeout:.0f} s; wait for it, or end it (`fuser {root}` names it)"
            )
        time.sleep(0.2)


def kind(mode: int) -> str:
    for test, name in ((stat.S_ISDIR, "directory"), (stat.S_ISLNK, "symlink"), (stat.S_ISREG, "file")):
        if test(mode):
            return name
    return "special file"


def some(names: t.Sequence[str], limit: int = 5) -> str:
    shown = ", ".join(sorted(names)[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def lines(facts: dict[str, str]) -> str:
    return "".join(f"{key}: {value}\n" for key, value in facts.items())


def shown(content: bytes | None, hide: bool) -> str:
    if content is None:
        return ""
    if hide:
        # Few enough bits that any guess would fit; they tell whether it changes.
        return f"(content not shown, {hashlib.sha256(content).hexdigest()[:2]})\n"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return f"(binary, {len(content)} bytes)\n"
    return text if len(content) <= _DIFF_LIMIT and "\0" not in text else f"({len(content)} bytes)\n"


def explain(full: str, error: OSError) -> str:
    advice = {
        errno.ENOTCONN: "the s3fs process behind this mount is gone; run the nsfl_shared_storage role, or `fusermount -uz` and mount again",
        errno.ENOSPC: "no space is left on its filesystem; free some",
        errno.EROFS: "its filesystem is read-only; mount it read-write",
        errno.EACCES: "not permitted; run with become, or look at the folder's owner and mode",
        errno.EPERM: "not permitted; run with become, or look at the folder's owner and mode",
        errno.EIO: "input/output error; on s3fs the object store does not answer or refuses the keys",
    }.get(error.errno or 0, "")
    where = full if not error.filename or str(error.filename) in full else f"{full} ({error.filename})"
    return f"{where}: {error.strerror or error}" + (f"; {advice}" if advice else "")
