# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time: who has the lock, whether that run is still there, and how the lock is taken, kept and given back.

With a cluster it is a Lease (coordination.k8s.io/v1), which each controller sees; without one it is a file of the controller.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
import typing as t
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError

LIFETIME = 60  # seconds without a sign of life after which a run of another controller counts as gone


@dataclass(frozen=True)
class Holder:
    """A run: who started what, where, and since when; `begun` tells its process from a later one with the same number."""

    who: str
    controller: str
    process: int
    begun: str
    playbook: str
    since: str

    @property
    def gone(self) -> bool:
        """Certain only on its own controller."""
        return self.controller == socket.gethostname() and not alive(self.process, self.begun)


class LockHeldError(Exception):
    """Another run has it."""


class Store(t.Protocol):
    """Where a lock is kept."""

    def read(self) -> tuple[Holder | None, float, t.Any]:
        """Its holder, the seconds since the holder's last sign of life, and the version that `write` and `remove` go by."""

    def write(self, holder: Holder, version: t.Any) -> bool:
        """Make or replace it, with a sign of life; not when it is another one by now."""

    def remove(self, version: t.Any) -> None:
        """Take it away."""


def begun(process: int) -> str:
    """When a process started, in the kernel's ticks; nothing where there is no /proc."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def alive(process: int, start: str) -> bool:
    """Whether that process, and not another one with its number, is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return begun(process) == start


def take(store: Store, me: Holder) -> bool:
    """Have the lock, and say whether it was not this run's already. Raises LockHeldError while another run is at work."""
    for _attempt in range(3):
        holder, silent, version = store.read()
        if holder is not None and (holder.process, holder.begun, holder.controller) == (me.process, me.begun, me.controller):
            return False
        if holder is not None and silent < LIFETIME and not holder.gone:
            raise LockHeldError(_told(holder, silent))
        if store.write(me, version):
            return True
    raise LockHeldError("Several runs begin at this moment; run again")


def renew(store: Store, me: Holder) -> bool:
    """A sign of life. Not when the lock has been taken over, as it may after an outage."""
    holder, _silent, version = store.read()
    return holder == me and store.write(me, version)


def release(store: Store, me: Holder) -> None:
    """Give the lock back."""
    holder, _silent, version = store.read()
    if holder == me:
        store.remove(version)


def _told(holder: Holder, silent: float) -> str:
    return (
        f"Another run is at work on this platform: {holder.playbook} of {holder.who} on {holder.controller} (process {holder.process}), "
        f"since {holder.since}, last sign of life {silent:.0f} s ago. Nothing was changed. Run again when it has ended; "
        f"a run that was killed counts as ended at once on its own controller, and {LIFETIME} s after its last sign of life elsewhere"
    )


class LeaseStore:
    """A Lease; times are those of the API server, so that the controllers' clocks do not matter."""

    def __init__(self, kube: Kube, namespace: str, name: str) -> None:
        self._kube = kube
        self._name = name
        self._folder = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

    def read(self) -> tuple[Holder | None, float, t.Any]:
        found = self._kube.find(f"{self._folder}/{self._name}")
        if found is None:
            return None, 0.0, None
        try:
            holder = Holder(**json.loads(found["metadata"]["annotations"]["neursafe.fl/run"]))
            renewed = datetime.fromisoformat(found["spec"]["renewTime"].replace("Z", "+00:00"))
        except (KeyError, TypeError, ValueError):
            # Not of this collection; whoever made it by hand has no run at work.
            return None, 0.0, found
        return holder, (self._now() - renewed).total_seconds(), found

    def write(self, holder: Holder, version: t.Any) -> bool:
        body: dict[str, t.Any] = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": self._name,
                "labels": {"app.kubernetes.io/managed-by": "neursafe.fl"},
                "annotations": {"neursafe.fl/run": json.dumps(asdict(holder))},
            },
            "spec": {
                "holderIdentity": f"{holder.who}@{holder.controller}:{holder.process}",
                "leaseDurationSeconds": LIFETIME,
                "renewTime": self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        }
        try:
            if version is None:
                self._kube.post(self._folder, body)
            else:
                body["metadata"]["resourceVersion"] = version["metadata"]["resourceVersion"]
                self._kube.put(f"{self._folder}/{self._name}", body)
        except KubeError as error:
            if error.status == 409 or (error.status == 404 and version is not None):
                return False
            raise
        return True

    def remove(self, version: t.Any) -> None:
        del version
        self._kube.delete(f"{self._folder}/{self._name}")

    def _now(self) -> datetime:
        return parsedate_to_datetime(self._kube.date) if self._kube.date else datetime.now(UTC)


class FileStore:
    """A file, for the runs of one controller, or of several that share a home."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Holder | None, float, t.Any]:
        try:
            silent = time.time() - self._path.stat().st_mtime
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None, 0.0, None
        try:
            return Holder(**json.loads(text)), silent, text
        except (TypeError, ValueError):
            return None, 0.0, text

    def write(self, holder: Holder, version: t.Any) -> bool:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._path.with_suffix(".guard"), "w", encoding="utf-8") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if self.read()[2] != version:
                return False
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(asdict(holder)), encoding="utf-8")
            new.replace(self._path)
        return True

    def remove(self, version: t.Any) -> None:
        del version
        self._path.unlink(missing_ok=True)
