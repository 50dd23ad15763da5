# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Many directories and files below one root, brought to a wanted state.

Every step goes from an open folder to the next with O_NOFOLLOW, so that nobody who can write below the root can lead a
write out of it. A file is written beside its target and renamed over it: a reader sees the old content or the new one.
"""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._tree_entries import Entry, TreeError
from ansible_collections.neursafe.fl.plugins.module_utils._tree_system import (
    DIRECTORY_FLAGS,
    READ_FLAGS,
    WRITE_FLAGS,
    discard,
    entry_like,
    explain,
    group_name,
    ids,
    is_full,
    kind,
    lines,
    lock,
    lstat,
    open_folder,
    read,
    set_mode,
    shown,
    some,
    sync_folder,
    user_name,
    write_all,
)


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
        self._root_fd: int | None = None

    # -- the whole run ------------------------------------------------------------------------------------------------
    def apply(self, entries: t.Sequence[Entry], lock_timeout: float = 30.0) -> None:
        # Where there is only something to remove, a missing root is the end of it.
        self._open_root(make=any(entry.state != "absent" for entry in entries))
        try:
            if self._root_fd is not None and not self.check:
                lock(self._root_fd, self.root, lock_timeout)
            for entry in entries:
                try:
                    self._apply_one(entry)
                except OSError as error:
                    raise TreeError(explain(self._full(entry.path), error)) from error
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

    def _open_root(self, make: bool) -> None:
        try:
            if any(self.root == point or self.root.startswith(point + os.sep) for point in self.hidden):
                return
            if not make and not os.path.lexists(self.root):
                return
            if not os.path.isdir(self.root) and not self.check:
                os.makedirs(self.root, mode=0o755)
                self._note(self.root, {}, {"state": "directory"})
            elif not os.path.lexists(self.root):
                self._plan(self.root, {"state": "directory"})
                return
            self._root_fd = os.open(self.root, DIRECTORY_FLAGS)
        except OSError as error:
            raise TreeError(explain(self.root, error)) from error

    # -- walking ------------------------------------------------------------------------------------------------------
    def _full(self, path: str) -> str:
        return os.path.join(self.root, path) if path else self.root

    def _resolve(self, path: str) -> list[str]:
        """The components below the root of `path` with its symlinks resolved; leaving the root is an error."""
        target = os.path.realpath(self._full(path))
        if target == self.root:
            return []
        if not target.startswith(self.root + os.sep):
            raise TreeError(
                f"{self._full(path)}: a symlink leads to {target}, out of {self.root}; remove the symlink or choose another root"
            )
        return target[len(self.root) + 1 :].split(os.sep)

    def _enter(self, path: str, create: bool = True) -> int | None:
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
                following = open_folder(name, here, walked)
                if following is None:
                    if not create or self.check:
                        if create:
                            self._plan_parents(path)
                        return None
                    os.mkdir(name, self.directory_mode, dir_fd=here)
                    following = os.open(name, DIRECTORY_FLAGS, dir_fd=here)
                    # No entry asks for it, so a mount with a umask may say otherwise.
                    set_mode(following, self.directory_mode, walked, forced=False)
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
            current = lstat(name, folder)
            if current is not None and not stat.S_ISREG(current.st_mode):
                raise TreeError(f"{full}: a {kind(current.st_mode)} is in the way of a file; move it away")
            old = None if current is None or entry.content is None else read(name, folder)
            if current is not None and (entry.content is None or old == entry.content):
                handle = os.open(name, READ_FLAGS, dir_fd=folder)
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
            current = lstat(name, folder)
            if current is None:
                return
            if stat.S_ISDIR(current.st_mode):
                if entry.keep_full and not entry.recursive and is_full(name, folder):
                    return
                self._remove_folder(name, folder, full, entry.recursive)
            elif not self.check:
                os.unlink(name, dir_fd=folder)
            self._note(full, {"state": kind(current.st_mode)}, {"state": "absent"})
        finally:
            os.close(folder)

    def _remove_folder(self, name: str, parent: int, full: str, recursive: bool) -> None:
        folder = os.open(name, DIRECTORY_FLAGS, dir_fd=parent)
        try:
            if os.fstat(folder).st_dev != os.fstat(parent).st_dev:
                raise TreeError(f"{full}: another filesystem is mounted there; unmount it first")
            inside = os.listdir(folder)
            if inside and not recursive:
                raise TreeError(f"{full}: the folder is not empty ({some(inside)}); say recursive=true to remove all that is in it")
            for child in inside:
                current = lstat(child, folder)
                if current is not None and stat.S_ISDIR(current.st_mode):
                    self._remove_folder(child, folder, os.path.join(full, child), recursive)
                elif current is not None and not self.check:
                    os.unlink(child, dir_fd=folder)
        finally:
            os.close(folder)
        if not self.check:
            os.rmdir(name, dir_fd=parent)

    # -- details ------------------------------------------------------------------------------------------------------
    def _write(self, folder: int, name: str, entry: Entry, current: os.stat_result | None) -> None:
        # One writer per root (the lock), so a fixed name is free or the leftover of a run that was killed.
        beside = f".{name[:200]}.nsfl-new"
        discard(beside, folder)
        handle = os.open(beside, WRITE_FLAGS, 0o600, dir_fd=folder)
        try:
            try:
                write_all(handle, entry.content or b"")
                keep = Entry(path=entry.path, state="file") if current is None else entry_like(entry, current)
                uid, gid = ids(entry.owner or keep.owner, entry.group or keep.group, self.check)
                now = os.fstat(handle)
                if (uid not in (None, now.st_uid)) or (gid not in (None, now.st_gid)):
                    os.fchown(handle, -1 if uid is None else uid, -1 if gid is None else gid)
                mode = entry.mode if entry.mode is not None else keep.mode
                set_mode(
                    handle,
                    mode if mode is not None else (0o600 if entry.sensitive else 0o644),
                    self._full(entry.path),
                    forced=entry.mode is not None,
                )
                os.fsync(handle)
            finally:
                os.close(handle)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            discard(beside, folder)
            raise
        sync_folder(folder)

    def _metadata(self, handle: int, entry: Entry) -> None:
        full, now = self._full(entry.path), os.fstat(handle)
        uid, gid = ids(entry.owner, entry.group, self.check)
        before: dict[str, str] = {}
        after: dict[str, str] = {}
        if uid is not None and uid != now.st_uid:
            before["owner"], after["owner"] = user_name(now.st_uid), str(entry.owner)
        if gid is not None and gid != now.st_gid:
            before["group"], after["group"] = group_name(now.st_gid), str(entry.group)
        if after and not self.check:
            os.fchown(handle, -1 if uid is None else uid, -1 if gid is None else gid)
        mode = stat.S_IMODE(now.st_mode)
        if entry.mode is not None and entry.mode != mode:
            before["mode"], after["mode"] = f"{mode:04o}", f"{entry.mode:04o}"
        # chown drops setuid and setgid bits, so the mode comes second and is set again after a chown.
        if entry.mode is not None and after and not self.check:
            set_mode(handle, entry.mode, full)
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
        self.diffs.append({"before_header": full, "after_header": full, "before": lines(before), "after": lines(after)})

    def _content_diff(self, full: str, old: bytes | None, entry: Entry) -> None:
        if entry.content is not None:
            hide = entry.sensitive
            self.diffs[-1]["before"] = shown(old, hide)
            self.diffs[-1]["after"] = shown(entry.content, hide)
