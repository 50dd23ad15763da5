# SPDX-License-Identifier: Apache-2.0
"""What the platform consists of, in parts that can be compared before and after a run."""

from __future__ import annotations

import difflib
import hashlib
import json
from typing import Any

from platform_hands import STATE, kubectl, on_host

ACCOUNTS = "serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings"
KINDS = f"deployments,services,configmaps,secrets,networkpolicies,ingresses,ingressclasses,{ACCOUNTS}"
# Kubernetes counts and times these by itself.
VOLATILE = ("resourceVersion", "managedFields")
FILES = """
find /etc/neursafe_fl /usr/local/lib/neursafe_fl /mnt/neursafe_fl /workspace/neursafe_fl /etc/systemd/system -name 'lmdb' -prune -o \\
  -type f \\( -path '*neursafe_fl*' -o -name 'nsfl*' \\) -printf '%m %U %G %p ' -exec sha256sum {} \\; 2>/dev/null | sort
"""
DATABASE = """
runuser -u postgres -- pg_dumpall --roles-only; runuser -u postgres -- pg_dump --schema-only neursafe_fl
"""


def platform_state() -> dict[str, str]:
    """One text for each part; equal texts mean that nothing of it has changed."""
    state = {f"files of {host}": on_host(host, FILES + "true") for host in ("node-1", "node-2", "client-1")}
    # Newer programs write a random word into each dump.
    state["database"] = "\n".join(line for line in on_host("node-1", DATABASE).splitlines() if "restrict" not in line)
    for item in json.loads(kubectl("get", KINDS, "-A", "-l", "app.kubernetes.io/part-of=neursafe-fl", "-o", "json"))["items"]:
        state[f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"] = _essence(item)
    for name in ("secrets.yml", "images.json", "kubeconfig"):
        path = STATE / name
        state[name] = f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return state


def _essence(item: dict[str, Any]) -> str:
    metadata = {key: value for key, value in item["metadata"].items() if key not in VOLATILE}
    return json.dumps({**item, "metadata": metadata, "status": None}, sort_keys=True)


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """The parts that differ, with the lines that do. Objects and the controller's files may hold secrets, so those are only named."""
    differing = [part for part in sorted({*before, *after}) if before.get(part) != after.get(part)]
    return {part: _lines(before.get(part, ""), after.get(part, "")) if part.startswith(("files", "database")) else [] for part in differing}


def _lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith(("+ ", "- "))]
