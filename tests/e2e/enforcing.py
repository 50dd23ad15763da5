# SPDX-License-Identifier: Apache-2.0
"""Network policies in force on the lab's nodes for a while, by kube-router; the lab's own network lets everything through.

It runs beside each node, in that node's network, so that nothing is installed on one.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from datetime import UTC, datetime

from conftest import ROOT
from platform_hands import BIN, LAB, STATE, build_program, hosts, output
from reach import Platform

IMAGES = ROOT / "roles" / "nsfl_lab" / "files" / "images"
IMAGE = "nsfl-lab/packet-filter:bookworm"
LABEL = "neursafe.fl.sources"
PACKAGES = ("iptables", "ipset")
# Of everything that the firewall makes, the name begins so.
OWN = "KUBE-(ROUTER|POD-FW|NWPLCY)-"
# It does nothing else: pods have their network and Services from the lab. What it overlooks, it finds within the period.
PERIOD = 5
ARGUMENTS = (
    *("--run-firewall=true", "--run-router=false", "--run-service-proxy=false", "--service-cluster-ip-range=10.96.0.0/16"),
    *("--kubeconfig=/kubeconfig", "--health-port=0", f"--iptables-sync-period={PERIOD}s", "--v=1"),
)
# Jumps first, then what they lead to: a chain or a set that is in use cannot be taken away.
FLUSH = f"""
iptables -w -S | grep -E -- '-j {OWN}' | grep -E '^-A (INPUT|FORWARD|OUTPUT) ' | sed 's/^-A/-D/' | xargs -r -L1 iptables -w
chains=$(iptables -w -S | grep -oE '^-N {OWN}.*' | cut -c4- || true)
for chain in $chains; do iptables -w -F "$chain"; done
for chain in $chains; do iptables -w -X "$chain"; done
for set in $(ipset list -n); do ipset destroy "$set"; done
"""
LEFT = f"iptables-save | grep -E '{OWN}' || true; ipset list -n"


def nodes() -> list[str]:
    return [host for host in hosts() if host.startswith("node-")]


def _container(node: str) -> str:
    return f"{LAB}-policies-{node}"


def _make() -> None:
    """The program and the image that it runs in, unless they are there from another time."""
    build_program("kube-router")
    wanted = hashlib.sha256((IMAGES / "debian.sh").read_bytes() + " ".join(PACKAGES).encode()).hexdigest()[:16]
    inspect = ("docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', IMAGE)
    if subprocess.run(inspect, capture_output=True, text=True, check=False).stdout.strip() != wanted:
        output("sh", str(IMAGES / "debian.sh"), IMAGE, f"{LABEL}={wanted}", *PACKAGES)


def _beside(node: str) -> list[str]:
    return ["--network", f"container:{LAB}-{node}", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"]


def start() -> None:
    _make()
    stop()
    for node in nodes():
        files = ("--volume", f"{BIN}/kube-router:/usr/sbin/kube-router:ro", "--volume", f"{STATE}/kubeconfig:/kubeconfig:ro")
        command = ("kube-router", *ARGUMENTS, f"--hostname-override={node}")
        output("docker", "run", "--detach", "--name", _container(node), *_beside(node), *files, IMAGE, *command)
    settle()


def stop() -> None:
    """Also what a run that was cut short has left."""
    for node in nodes():
        subprocess.run(("docker", "rm", "--force", _container(node)), capture_output=True, check=False)
        output("docker", "run", "--rm", *_beside(node), IMAGE, "sh", "-euc", FLUSH)


def left() -> dict[str, str]:
    """What is to be seen of the enforcer, by node."""
    found = {node: output("docker", "run", "--rm", *_beside(node), IMAGE, "sh", "-euc", LEFT) for node in nodes()}
    return {node: text for node, text in found.items() if text}


def wrong(platform: Platform) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Who gets through now and should not, and the other way round."""
    settle()
    found = platform.through()
    return sorted(found - platform.allowed), sorted(platform.allowed - found)


def settle(seconds: float = 60) -> None:
    """Wait until each node has taken in all that the cluster says now: until a round is over that began after now."""
    now = datetime.now(UTC).isoformat()
    waited, end = nodes(), time.monotonic() + seconds
    while waited and time.monotonic() < end:
        time.sleep(0.5)
        waited = [node for node in waited if not _a_round_since(node, now)]
    assert waited == [], f"no round of the enforcer on {waited}: {output('docker', 'logs', _container(waited[0]))[-2000:]}"


def _a_round_since(node: str, when: str) -> bool:
    logs = subprocess.run(("docker", "logs", "--since", when, _container(node)), capture_output=True, text=True, check=True)
    text = logs.stdout + logs.stderr
    assert "Aborting sync" not in text, text[-3000:]
    _before, began, after = text.partition("Starting sync of iptables")
    return bool(began) and "sync iptables took" in after
