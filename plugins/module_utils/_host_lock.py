# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One module at a time changes a host's services: a module outlives the ansible-playbook that was killed while it worked.

The lock of a run is free by then. The one here is the system's, so it ends with the process, whatever ends that.
"""

from __future__ import annotations

import fcntl
import os
import time
import typing as t
from contextlib import contextmanager

from ansible_collections.neursafe.fl.plugins.module_utils import _systemd as systemd

# Of root alone, so nobody else can put a link there or keep the lock.
PATH = "/run/neursafe_fl.lock"


@contextmanager
def host_lock(timeout: float = 60.0, path: str = "") -> t.Iterator[None]:
    """Have the lock for a while; raise UnitError, with the process that keeps it, when it is not free in time."""
    path = path or PATH
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except PermissionError:  # no root, no services of the system
        yield
        return
    try:
        deadline = time.monotonic() + timeout
        while not _locked(handle):
            if time.monotonic() > deadline:
                holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "?"
                raise systemd.UnitError(
                    f"{path}: an earlier run's module (process {holder}) still works on this host after {timeout:.0f} s; "
                    f"wait for it, look at it with `ps -fp {holder}`, or end it, and run again"
                )
            time.sleep(0.2)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
