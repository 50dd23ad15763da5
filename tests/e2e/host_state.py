# SPDX-License-Identifier: Apache-2.0
"""What a host and the cluster consist of, in lines that can be compared before an install and after an uninstall."""

from __future__ import annotations

import json

from conftest import ROOT
from platform_hands import kubectl, on_host

HOSTS = ("node-1", "node-2", "client-1")
BARE = ROOT / "build" / "host-state.json"
# Modes, owners and checksums of all that an install may touch. What package managers note for themselves, and logs, are not looked at.
FILES = r"""
cd /
list() {
  find etc usr opt var/lib home root mnt workspace srv -xdev \
    \( -path var/lib/apt -o -path var/lib/dpkg -o -path var/lib/systemd -o -path var/lib/ucf -o -path var/lib/rancher \
       -o -path var/lib/kubelet -o -path var/lib/containerd -o -path var/lib/docker -o -path '*/__pycache__' -o -path usr/share/man \
       -o -path root/.ansible -o -path var/lib/cni -o -path usr/lib/python3/dist-packages \) -prune -o "$@" 2>/dev/null || true
}
list -type d -printf '%p/ %m %u %g\n'
list -type l -printf '%p -> %l\n'
list -type f -printf '%p %m %u %g\n' -exec sha256sum {} +
find . -maxdepth 1 -printf '%p\n'
"""
# Written anew by the package manager's own tools whenever a package comes or goes.
REWRITTEN = ("ld.so.cache", "mailcap", "info/dir", "udev/hwdb.bin", "passwd-", "group-", "shadow-", "gshadow-", "subuid-", "subgid-")
QUESTIONS = {
    "files": FILES,
    "packages": "dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' | grep -v '^$'",
    "accounts": "cut -d: -f1,3,6,7 /etc/passwd; cut -d: -f1,3 /etc/group",
    "units": "systemctl list-unit-files --no-legend --plain | awk '{print $1, $2}'",
    "ports": "ss -Hltn 'sport < :32768' | awk '{print $4}'",
}
KINDS = "deployments,daemonsets,services,configmaps,secrets,serviceaccounts,ingresses,ingressclasses,pv,pvc,roles,rolebindings"
CLUSTER = "namespaces,clusterroles,clusterrolebindings,leases"


def host_state() -> dict[str, list[str]]:
    """One list of sorted lines for each part."""
    state = {}
    for host in HOSTS:
        for name, script in QUESTIONS.items():
            lines = sorted(set(on_host(host, script).splitlines()))
            state[f"{name} of {host}"] = [line for line in lines if not line.endswith(REWRITTEN)]
    for item in json.loads(kubectl("get", f"{KINDS},{CLUSTER}", "-A", "-o", "json"))["items"]:
        name = f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
        # What is set in it, as far as it is not counted by the cluster itself.
        state[name] = [json.dumps({key: item.get(key) for key in ("data", "imagePullSecrets", "secrets", "rules")}, sort_keys=True)]
    return {name: lines for name, lines in state.items() if not name.startswith("Lease kube")}


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Lines that came or went. Secrets are only named."""
    found = []
    for part in sorted({*before, *after}):
        old, new = set(before.get(part, [])), set(after.get(part, []))
        if old != new and part.split()[0] in QUESTIONS:
            found += [f"{part}: - {line}" for line in sorted(old - new)] + [f"{part}: + {line}" for line in sorted(new - old)]
        elif old != new:
            found.append(f"{part}: {'changed' if part in before and part in after else 'new' if part in after else 'gone'}")
    return found
