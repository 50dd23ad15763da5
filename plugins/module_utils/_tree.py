# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Many directories and files below one root, brought to a wanted state.

Every step goes from an open folder to the next with O_NOFOLLOW, so that nobody who can write below the root can lead a
write out of it. A file is written beside its target and renamed over it: a reader sees the old content or the new one.
"""

from __future__ import annotations

import errno
import fcntl
import grp
import os
import pwd
import stat
import time
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._tree_entries import Entry, TreeError

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIFF_LIMIT = 256 * 1024


class Tree:
    """Applies entries below `root`; with `check`, only records what it would do."""

    def __init__(self, root: str, directory_mode: int, check: bool, hidden: t.Sequence[str] = ()) -> None:
        self.root = os.path.realpath(root)
        self.directory_mode = directory_mode
        self.check = check
        # Mount points that an earlier task would have mounted: in check mode, what lies below them is not there yet.
        self.hidden = [os.path.realpath(path) for path in hidden]
        self.changed_paths: list[str] = []
        self.diffs: list[dict[str, str]] = []
        self._planned: set[str] = set()
        self._root_fd: t.Optional[int] = None

    # -- the whole run ------------------------------------------------------------------------------------------------
    def apply(self, entries: t.Sequence[Entry], lock_timeout: float = 30.0) -> None:
        self._open_root()
        try:
            if self._root_fd is not None and not self.check:
                _lock(self._root_fd, self.root, lock_timeout)
            for entry in entries:
                try:
                    self._apply_one(entry)
                except OSError as error:
                    raise TreeError(_explain(self._full(entry.path), error)) from error
        finally:
            if self._root_fd is not None:
                os.close(self._root_fd)

    def _apply_one(self, entry: Entry) -> None:
        if entry.state == "directory":
            self._directory(entry)
        elif entry.state == "file":
            self._file(entry)
        else:
            self._absent(entry)

    def _open_root(self) -> None:
        try:
            if not os.path.isdir(self.root) and not self.check:
                os.makedirs(self.root, mode=0o755)
                self._note(self.root, {}, {"state": "directory"})
            elif not os.path.lexists(self.root):
                self._plan(self.root, {"state": "directory"})
                return
            self._root_fd = os.open(self.root, _DIRECTORY)
        except OSError as error:
            raise TreeError(_explain(self.root, error)) from error

    # -- walking ------------------------------------------------------------------------------------------------------
    def _full(self, path: str) -> str:
        return os.path.join(self.root, path) if path else self.root

    def _resolve(self, path: str) -> list[str]:
        """The components below the root of `path` with its symlinks resolved; leaving the root is an error."""
        target = os.path.realpath(self._full(path))
        if target == self.root:
            return []
        if not target.startswith(self.root + os.sep):
            raise TreeError(f"{self._full(path)}: a symlink leads to {target}, out of {self.root}; remove the symlink or choose another root")
        return target[len(self.root) + 1 :].split(os.sep)

    def _enter(self, path: str, create: bool = True) -> t.Optional[int]:
        """Open the folder `path`, making missing ones. None: it is not there (and may not be made now)."""
        if self._root_fd is None:
            self._plan_parents(path)
            return None
        names = self._resolve(path)
        here = os.dup(self._root_fd)
        walked = self.root
        for name in names:
            walked = os.path.join(walked, name)
            if walked in self.hidden:
                os.close(here)
                if create:
                    self._plan_parents(path, below=walked)
                return None
            try:
                following = _open_folder(name, here, walked)
                if following is None:
                    if not create or self.check:
                        if create:
                            self._plan_parents(path)
                        return None
                    os.mkdir(name, self.directory_mode, dir_fd=here)
                    following = os.open(name, _DIRECTORY, dir_fd=here)
                    _set_mode(following, self.directory_mode, walked)
                    self._note(walked, {}, {"state": "directory", "mode": f"{self.directory_mode:04o}"})
            finally:
                os.close(here)
            here = following
        return here

    # -- the three states ---------------------------------------------------------------------------------------------
    def _directory(self, entry: Entry) -> None:
        folder = self._enter(entry.path)
        if folder is None:
            return
        try:
            self._metadata(folder, entry)
        finally:
            os.close(folder)

    def _file(self, entry: Entry) -> None:
        full, name = self._full(entry.path), os.path.basename(entry.path)
        folder = self._enter(os.path.dirname(entry.path))
        if folder is None:
            self._plan(full, {"state": "file"})
            self._content_diff(full, None, entry)
            return
        try:
            current = _lstat(name, folder)
            if current is not None and not stat.S_ISREG(current.st_mode):
                raise TreeError(f"{full}: a {_kind(current.st_mode)} is in the way of a file; move it away")
            old = None if current is None or entry.content is None else _read(name, folder)
            if current is not None and (entry.content is None or old == entry.content):
                handle = os.open(name, _READ, dir_fd=folder)
                try:
                    self._metadata(handle, entry)
                finally:
                    os.close(handle)
                return
            self._note(full, {} if current is None else {"state": "file"}, {"state": "file"})
            self._content_diff(full, old, entry)
            if not self.check:
                self._write(folder, name, entry, current)
        finally:
            os.close(folder)

    def _absent(self, entry: Entry) -> None:
        if not entry.path:
            raise TreeError(f"{self.root}: the root itself is never removed")
        full, name = self._full(entry.path), os.path.basename(entry.path)
        folder = self._enter(os.path.dirname(entry.path), create=False)
        if folder is None:
            return
        try:
            current = _lstat(name, folder)
            if current is None:
                return
            if stat.S_ISDIR(current.st_mode):
                self._remove_folder(name, folder, full, entry.recursive)
            elif not self.check:
                os.unlink(name, dir_fd=folder)
            self._note(full, {"state": _kind(current.st_mode)}, {"state": "absent"})
        finally:
            os.close(folder)

    def _remove_folder(self, name: str, parent: int, full: str, recursive: bool) -> None:
        folder = os.open(name, _DIRECTORY, dir_fd=parent)
        try:
            if os.fstat(folder).st_dev != os.fstat(parent).st_dev:
                raise TreeError(f"{full}: another filesystem is mounted there; unmount it first")
            inside = os.listdir(folder)
            if inside and not recursive:
                raise TreeError(f"{full}: the folder is not empty ({_some(inside)}); say recursive=true to remove all that is in it")
            for child in inside:
                current = _lstat(child, folder)
                if current is not None and stat.S_ISDIR(current.st_mode):
                    self._remove_folder(child, folder, os.path.join(full, child), recursive)
                elif current is not None and not self.check:
                    os.unlink(child, dir_fd=folder)
        finally:
            os.close(folder)
        if not self.check:
            os.rmdir(name, dir_fd=parent)

    # -- details ------------------------------------------------------------------------------------------------------
    def _write(self, folder: int, name: str, entry: Entry, current: t.Optional[os.stat_result]) -> None:
        # One writer per root (the lock), so a fixed name is free or the leftover of a run that was killed.
        beside = f".{name[:200]}.nsfl-new"
        _discard(beside, folder)
        handle = os.open(beside, _WRITE, 0o600, dir_fd=folder)
        try:
            try:
                _write_all(handle, entry.content or b"")
                keep = Entry(path=entry.path, state="file") if current is None else entry_like(entry, current)
                uid, gid = _ids(entry.owner or keep.owner, entry.group or keep.group, self.check)
                now = os.fstat(handle)
                if (uid not in (None, now.st_uid)) or (gid not in (None, now.st_gid)):
                    os.fchown(handle, -1 if uid is None else uid, -1 if gid is None else gid)
                mode = entry.mode if entry.mode is not None else keep.mode
                _set_mode(handle, mode if mode is not None else (0o600 if entry.sensitive else 0o644), self._full(entry.path), forced=entry.mode is not None)
                os.fsync(handle)
            finally:
                os.close(handle)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _discard(beside, folder)
            raise
        _sync_folder(folder)

    def _metadata(self, handle: int, entry: Entry) -> None:
        full, now = self._full(entry.path), os.fstat(handle)
        uid, gid = _ids(entry.owner, entry.group, self.check)
        before: dict[str, str] = {}
        after: dict[str, str] = {}
        if uid is not None and uid != now.st_uid:
            before["owner"], after["owner"] = _user_name(now.st_uid), str(entry.owner)
        if gid is not None and gid != now.st_gid:
            before["group"], after["group"] = _group_name(now.st_gid), str(entry.group)
        if after and not self.check:
            os.fchown(handle, -1 if uid is None else uid, -1 if gid is None else gid)
        mode = stat.S_IMODE(now.st_mode)
        if entry.mode is not None and entry.mode != mode:
            before["mode"], after["mode"] = f"{mode:04o}", f"{entry.mode:04o}"
        # chown drops setuid and setgid bits, so the mode comes second and is set again after a chown.
        if entry.mode is not None and after and not self.check:
            _set_mode(handle, entry.mode, full)
        if after:
            self._note(full, before, after)

    def _plan(self, full: str, after: dict[str, str]) -> None:
        if full not in self._planned:
            self._planned.add(full)
            self._note(full, {}, after)

    def _plan_parents(self, path: str, below: str = "") -> None:
        walked = self.root
        for name in path.split(os.sep) if path else []:
            walked = os.path.join(walked, name)
            inside_hidden = below and walked.startswith(below + os.sep)
            if inside_hidden or (not below and not os.path.lexists(walked)):
                self._plan(walked, {"state": "directory"})

    def _note(self, full: str, before: dict[str, str], after: dict[str, str]) -> None:
        if full not in self.changed_paths:
            self.changed_paths.append(full)
        self.diffs.append({"before_header": full, "after_header": full, "before": _lines(before), "after": _lines(after)})

    def _content_diff(self, full: str, old: t.Optional[bytes], entry: Entry) -> None:
        if entry.content is not None:
            hide = entry.sensitive
            self.diffs[-1]["before"] = _shown(old, hide)
            self.diffs[-1]["after"] = _shown(entry.content, hide)


def entry_like(entry: Entry, current: os.stat_result) -> Entry:
    """What a rewritten file keeps when nothing else is asked: owner, group and mode it has now."""
    return Entry(path=entry.path, state="file", mode=stat.S_IMODE(current.st_mode), owner=str(current.st_uid), group=str(current.st_gid))


def _open_folder(name: str, parent: int, full: str) -> t.Optional[int]:
    try:
        return os.open(name, _DIRECTORY, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise TreeError(f"{full}: a file or symlink is in the way of a folder; move it away") from error
        raise


def _lstat(name: str, folder: int) -> t.Optional[os.stat_result]:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _discard(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass


def _read(name: str, folder: int) -> bytes:
    handle = os.open(name, _READ, dir_fd=folder)
    with os.fdopen(handle, "rb") as stream:
        return stream.read()


def _write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        # FUSE filesystems need not know fsync on a folder; the object is in the store by then.
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EIO):
            raise


def _set_mode(handle: int, mode: int, full: str, forced: bool = True) -> None:
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


def _ids(owner: t.Optional[str], group: t.Optional[str], check: bool) -> tuple[t.Optional[int], t.Optional[int]]:
    return _id(owner, lambda name: pwd.getpwnam(name).pw_uid, "user", check), _id(group, lambda name: grp.getgrnam(name).gr_gid, "group", check)


def _id(name: t.Optional[str], look_up: t.Callable[[str], int], what: str, check: bool) -> t.Optional[int]:
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


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _lock(root_fd: int, root: str, timeout: float) -> None:
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
            raise TreeError(f"{root}: another run is still changing this tree after {timeout:.0f} s; wait for it, or end it (`fuser {root}` names it)")
        time.sleep(0.2)


def _kind(mode: int) -> str:
    for test, name in ((stat.S_ISDIR, "directory"), (stat.S_ISLNK, "symlink"), (stat.S_ISREG, "file")):
        if test(mode):
            return name
    return "special file"


def _some(names: t.Sequence[str], limit: int = 5) -> str:
    shown = ", ".join(sorted(names)[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def _lines(facts: dict[str, str]) -> str:
    return "".join(f"{key}: {value}\n" for key, value in facts.items())


def _shown(content: t.Optional[bytes], hide: bool) -> str:
    if content is None:
        return ""
    if hide:
        return "(content not shown)\n"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return f"(binary, {len(content)} bytes)\n"
    return text if len(content) <= _DIFF_LIMIT and "\0" not in text else f"({len(content)} bytes)\n"


def _explain(full: str, error: OSError) -> str:
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
