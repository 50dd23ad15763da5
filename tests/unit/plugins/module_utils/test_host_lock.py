# SPDX-License-Identifier: Apache-2.0
"""F02: the next run's modules wait for one that outlived its ansible-playbook."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._host_lock import host_lock
from ansible_collections.neursafe.fl.plugins.module_utils._systemd import UnitError

KEEP = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(handle, fcntl.LOCK_EX)
os.write(handle, str(os.getpid()).encode())
print("kept", flush=True)
time.sleep(float(sys.argv[2]))
"""


def keeper(path: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that has the lock for a while."""
    process = subprocess.Popen([sys.executable, "-c", KEEP, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "kept\n"
    return process


def test_f02_an_old_module_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with keeper(path, 1), host_lock(30, str(path)):
        assert path.read_text() == str(os.getpid())
        assert path.stat().st_mode & 0o777 == 0o600


def test_f02_an_old_module_that_does_not_end_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with keeper(path, 60) as old:
        begun = time.monotonic()
        with pytest.raises(UnitError, match=rf"process {old.pid}\) still works on this host.*ps -fp {old.pid}"), host_lock(0.5, str(path)):
            raise AssertionError("had it all the same")
        assert time.monotonic() - begun < 5
        old.kill()
    with host_lock(5, str(path)):
        pass


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"lock"), host_lock(1, str(tmp_path / "lock")):
        pass
    assert not (tmp_path / "elsewhere").exists()
