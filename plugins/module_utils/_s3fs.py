# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""The s3fs mounts of one host: what is seen of each, and what has to be done. Pure but for `look`."""

from __future__ import annotations

import concurrent.futures
import os
import socket
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils import _mounts as mounts
from ansible_collections.neursafe.fl.plugins.module_utils import _systemd as systemd

_SHOWN = 5


@dataclass(frozen=True)
class Seen:
    """One bucket's unit, mount and health."""

    bucket: str
    point: str
    unit: systemd.Unit
    mount: mounts.Mount | None = None
    trouble: str = ""  # of the mount, asked by a probe
    running: str = ""  # the command line of the unit's process
    newer: tuple[str, ...] = ()  # files written since its start
    local: tuple[str, ...] = ()  # what lies in the bare mount point, when nothing is mounted

    @property
    def healthy(self) -> bool:
        return self.unit.running and self.mount is not None and not self.trouble


class Plan(t.NamedTuple):
    """`start` also restarts. A `problem` is for a person: nothing is done about that bucket."""

    enable: bool = False
    start: bool = False
    reason: str = ""
    problem: str = ""


def decide(seen: Seen, forced: bool = False) -> Plan:
    """What has to be done for one bucket."""
    enable = seen.unit.enabled != "enabled"
    problem = _in_the_way(seen)
    if problem:
        return Plan(problem=problem)
    reason = _why_restart(seen, forced)
    return Plan(enable=enable, start=bool(reason), reason=reason)


def _in_the_way(seen: Seen) -> str:
    mount = seen.mount
    if mount is None:
        if not seen.local:
            return ""
        more = "" if len(seen.local) < _SHOWN else ", …"
        return (
            f"{seen.point}: nothing is mounted, but the folder holds {', '.join(seen.local[:_SHOWN])}{more}, which a mount would hide; "
            "move it away (and into the bucket, once that is mounted, if it belongs there)"
        )
    if mount.fstype != "fuse.s3fs":
        return (
            f"{seen.point}: {mount.source} ({mount.fstype}) is mounted there, not bucket {seen.bucket}; unmount it or choose another root"
        )
    if mount.source not in (seen.bucket, "s3fs"):
        return f"{seen.point}: bucket {mount.source} is mounted there, not {seen.bucket}; unmount it (`umount {seen.point}`)"
    if not seen.unit.running and not seen.trouble and seen.unit.active != "activating":
        return (
            f"{seen.point}: it is mounted already, but not by {seen.unit.name}; take it out of /etc/fstab or of the unit that mounts it, "
            f"and unmount it (`umount {seen.point}`)"
        )
    return ""


def _why_restart(seen: Seen, forced: bool) -> str:
    if not seen.unit.running:
        return f"it is {seen.unit.active}"
    if seen.mount is None:
        return "it runs but nothing is mounted"
    if seen.trouble:
        return f"its mount is not well: {seen.trouble}"
    if seen.running and seen.unit.command and seen.running != seen.unit.command:
        return "it runs with other options"
    if seen.newer:
        return f"written since its start: {', '.join(seen.newer)}"
    return "its files changed" if forced else ""


def reachable(endpoint: str, timeout: float) -> str:
    """Empty when something listens at the endpoint, else why not."""
    parts = urlsplit(endpoint)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=timeout):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def unit_name(template: str, bucket: str) -> str:
    return f"{template}@{bucket}.service"


def instances(template: str) -> set[str]:
    """The buckets whose units are loaded, or enabled at boot."""
    found = set()
    prefix = f"{template}@"
    listed = systemd.call("systemctl", "list-units", "--all", "--plain", "--no-legend", f"{prefix}*.service").stdout
    names = [line.split()[0] for line in listed.splitlines() if line.split()]
    wants = "/etc/systemd/system/multi-user.target.wants"
    names += os.listdir(wants) if os.path.isdir(wants) else []
    for name in names:
        if name.startswith(prefix) and name.endswith(".service"):
            found.add(name[len(prefix) : -len(".service")])
    return found


def look(root: str, template: str, buckets: t.Sequence[str], files: t.Sequence[str], timeout: float) -> dict[str, Seen]:
    """Every bucket; the probes run side by side, so that hung mounts cost one time limit together."""
    units = systemd.show([unit_name(template, bucket) for bucket in buckets])
    table = mounts.read_mounts()
    points = {bucket: os.path.join(root, bucket) for bucket in buckets}
    mounted = {bucket: mounts.mount_at(table, point) for bucket, point in points.items()}
    with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
        asked = {bucket: pool.submit(mounts.probe, points[bucket], timeout) for bucket in buckets if mounted[bucket]}
        troubles = {bucket: answer.result() for bucket, answer in asked.items()}
    seen = {}
    for bucket in buckets:
        unit = units[unit_name(template, bucket)]
        seen[bucket] = Seen(
            bucket=bucket,
            point=points[bucket],
            unit=unit,
            mount=mounted[bucket],
            trouble=troubles.get(bucket, ""),
            running=systemd.running_command(unit.pid) if unit.pid else "",
            newer=tuple(systemd.newer_files(unit, files)) if unit.running else (),
            local=() if mounted[bucket] else _entries(points[bucket]),
        )
    return seen


_HINTS = {
    "invalid credentials": "the store refuses the keys; compare nsfl_s3_access_key and nsfl_s3_secret_key with the store's",
    "bucket not found": "there is no such bucket; make it (role nsfl_object_store, tasks_from buckets)",
    "NoSuchBucket": "there is no such bucket; make it (role nsfl_object_store, tasks_from buckets)",
    "fuse: device not found": "this host has no /dev/fuse; load the kernel module (`modprobe fuse`)",
    "unable to connect": "the store does not answer; is it running, and is nsfl_s3_endpoint right from here?",
    "unknown option": "s3fs does not know an option; look at nsfl_shared_storage_extra_options",
}


def hint(log: str) -> str:
    """The cause that s3fs's log speaks of, with the cure; empty when it names none that is known."""
    return next((cure for words, cure in _HINTS.items() if words.lower() in log.lower()), "")


def _entries(point: str) -> tuple[str, ...]:
    """What lies in the bare folder. A mount may come up between two looks, so the open folder itself says whether it is one."""
    try:
        folder = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
        try:
            mounted = os.fstat(folder).st_dev != os.stat(os.path.dirname(point)).st_dev
            return () if mounted else tuple(sorted(os.listdir(folder))[: _SHOWN + 1])
        finally:
            os.close(folder)
    except NotADirectoryError:
        return ("(it is a file)",)
    except OSError:
        return ()  # not there, or a mount that came or went this very moment
