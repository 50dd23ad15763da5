# SPDX-License-Identifier: Apache-2.0
"""What runs and must not be touched by a run that has nothing to do: pods, mounts, units, and what the registry holds."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from platform_hands import hosts, kubectl, on_host

# Mount ids are never given twice while a host runs, so a mount that is made anew has another one.
ON_HOST = """
grep -E ' /(mnt|workspace)/neursafe_fl' /proc/self/mountinfo || true
systemctl list-units --plain --no-legend --state=active 'nsfl-*' 'postgresql*' docker-registry.service | cut -d ' ' -f 1 |
  while read -r unit; do echo "$unit $(systemctl show -P ActiveEnterTimestampMonotonic "$unit")"; done
"""
# In which order files were written says what was pushed, too.
REGISTRY = "find /var/lib/docker-registry -type f -printf '%p %T@\\n' | sort"
# It is started by its timer every few seconds.
NOT_OURS = ("nsfl-s3fs-check.service",)


def running() -> dict[str, str]:
    """One text for each thing that runs."""
    found = {}
    for item in json.loads(kubectl("get", "pods", "-A", "-o", "json"))["items"]:
        restarts = [state["restartCount"] for state in item["status"].get("containerStatuses") or []]
        found[f"pod {item['metadata']['namespace']}/{item['metadata']['name']}"] = f"{item['metadata']['uid']} {restarts}"
    for host in hosts():
        lines = [line for line in on_host(host, ON_HOST).splitlines() if not line.startswith(NOT_OURS)]
        found[f"mounts and units of {host}"] = "\n".join(sorted(lines))
    found["images in the registry"] = on_host("node-1", REGISTRY)
    return found


@contextmanager
def undisturbed() -> Iterator[None]:
    """Nothing of it is other than before. A pod that comes in addition, a job's, disturbs nobody."""
    before = running()
    yield
    after = running()
    touched = {name: _lines(before[name], after.get(name, "")) for name in before if before[name] != after.get(name)}
    assert not touched, touched


def _lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith(("+ ", "- "))]
