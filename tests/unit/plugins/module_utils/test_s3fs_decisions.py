# SPDX-License-Identifier: Apache-2.0
"""What is done about one mount, for everything that can be seen of it."""

from __future__ import annotations

import dataclasses
import os
import time

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _mounts as mounts
from ansible_collections.neursafe.fl.plugins.module_utils import _s3fs as s3fs
from ansible_collections.neursafe.fl.plugins.module_utils import _systemd as systemd

UNIT = systemd.Unit(
    name="nsfl-s3fs@default.service", found=True, active="active", sub="running", enabled="enabled", pid=7, command="/usr/bin/s3fs default"
)
MOUNT = mounts.Mount(point="/mnt/fl/default", fstype="fuse.s3fs", source="default", shared=True)
WELL = s3fs.Seen(bucket="default", point="/mnt/fl/default", unit=UNIT, mount=MOUNT, running="/usr/bin/s3fs default")
STOPPED = dataclasses.replace(UNIT, active="inactive", sub="dead", enabled="")


def decide(forced=False, **seen):
    return s3fs.decide(dataclasses.replace(WELL, **seen), forced)


def test_a_well_mount_is_left_alone():
    assert decide() == s3fs.Plan() and WELL.healthy


def test_an_empty_host():
    plan = decide(unit=STOPPED, mount=None)
    assert plan.enable and plan.start and "inactive" in plan.reason


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"mount": None}, "nothing is mounted"),
        ({"trouble": "does not answer within 30 s"}, "does not answer"),
        ({"trouble": "Transport endpoint is not connected", "unit": dataclasses.replace(UNIT, active="failed")}, "failed"),
        ({"running": "/usr/bin/s3fs default -o old"}, "other options"),
        ({"newer": ("/etc/neursafe_fl/passwd-s3fs",)}, "passwd-s3fs"),
        ({"forced": True}, "its files changed"),
        ({"unit": dataclasses.replace(UNIT, active="activating")}, "activating"),
    ],
)
def test_what_is_healed(seen, words):
    plan = decide(**seen)
    assert plan.start and words in plan.reason and not plan.problem


def test_only_enabling():
    assert decide(unit=dataclasses.replace(UNIT, enabled="disabled")) == s3fs.Plan(enable=True)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"mount": None, "local": ("a", "b")}, "holds a, b"),
        ({"mount": dataclasses.replace(MOUNT, fstype="ext4", source="/dev/sdb")}, "/dev/sdb (ext4)"),
        ({"mount": dataclasses.replace(MOUNT, source="models")}, "bucket models is mounted there"),
        ({"unit": STOPPED}, "/etc/fstab"),
    ],
)
def test_what_is_left_to_a_person(seen, words):
    plan = decide(**seen)
    assert words in plan.problem and not plan.start and not plan.enable


def test_show_is_read_in_the_order_of_the_names():
    text = (
        "Id=a.service\nLoadState=loaded\nActiveState=active\nSubState=running\nMainPID=12\nExecMainStartTimestampMonotonic=5000000\n"
        "NeedDaemonReload=yes\nUnitFileState=enabled\nExecStart={ path=/usr/bin/x ; argv[]=/usr/bin/x -f a ; ignore_errors=no ; }\n\n"
        "Id=b.service\nLoadState=not-found\nActiveState=inactive\nMainPID=0\n"
    )
    units = systemd.parse_show(text, ["a.service", "b.service"])
    assert units["a.service"].running and units["a.service"].stale and units["a.service"].command == "/usr/bin/x -f a"
    assert not units["b.service"].found and not units["b.service"].running


def test_files_written_after_the_start_are_seen_and_a_clock_set_back_is_not_believed(tmp_path):
    old, new, future = (tmp_path / name for name in ("old", "new", "future"))
    now = time.time()
    for path, age in ((old, 100), (new, 10), (future, -1000)):
        path.write_text("")
        os.utime(path, (now - age, now - age))
    unit = dataclasses.replace(UNIT, started=50_000_000)
    files = [str(old), str(new), str(future), str(tmp_path / "missing")]
    assert systemd.newer_files(unit, files, now=now, monotonic=100.0) == [str(new)]
    assert systemd.newer_files(dataclasses.replace(UNIT, started=0), files, now=now, monotonic=100.0) == []


def test_the_mount_table_is_read_and_the_last_mount_counts():
    table = mounts.parse_mountinfo(
        "1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw\n"
        "2 1 0:5 / /mnt/a\\040b rw - fuse.s3fs default rw,user_id=0\n"
        "3 1 0:6 / /mnt/a\\040b rw shared:9 - tmpfs tmpfs rw\n"
        "broken line\n"
    )
    upper, root = mounts.mount_at(table, "/mnt/a b"), mounts.mount_over(table, "/var/lib")
    assert upper is not None and upper.fstype == "tmpfs" and mounts.mount_over(table, "/mnt/a b/c/d") == upper
    assert mounts.mount_over(table, "relative/path") is mounts.mount_over(table, "//") is None
    assert root is not None and root.point == "/" and mounts.mount_at(table, "/mnt") is None


def test_the_probe_tells_well_dead_and_hung(tmp_path):
    assert mounts.probe(str(tmp_path), 10) == ""
    assert "Not a directory" in mounts.probe(__file__, 10)
    assert "does not answer within 0.5 s" in mounts.probe(str(tmp_path), 0.5, script="import time; time.sleep(9)")


def test_an_unreachable_endpoint_is_told():
    assert s3fs.reachable("http://127.0.0.1:9", 2) == "Connection refused"
