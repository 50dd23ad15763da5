# Copyright: the neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a machine from being a lab: each problem with its cause and its remedy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

HOSTS_PER_KIND = 80
PROGRAMS = {"docker": "docker.io", "mmdebstrap": "mmdebstrap", "openssl": "openssl", "dpkg-scanpackages": "dpkg-dev"}
MEMORY_MB = {"first node": 1500, "node": 500, "client": 300}
CACHE_MB, BUILD_MB, DOCKER_MB = 2_000, 14_000, 4_000
INOTIFY = {"node": 18, "client": 8}
"""Watch instances that systemd, containerd and the kubelet of one host hold, with some room for pods."""


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def input_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Mistakes that can be seen without looking at the machine."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", settings["name"]):
        yield f"nsfl_lab_name: {settings['name']!r} cannot name containers and hosts; use at most 32 small letters, digits and hyphens"
    try:
        if ipaddress.IPv4Network(settings["subnet"]).prefixlen != 24:
            yield f"nsfl_lab_subnet: {settings['subnet']} is no /24, and a lab counts its addresses in one; give one such as 10.250.0.0/24"
    except ValueError as error:
        yield f"nsfl_lab_subnet: {error}; give an IPv4 network such as 10.250.0.0/24"
    for name, least in (("nodes", 1), ("clients", 0)):
        if not least <= settings[name] <= HOSTS_PER_KIND:
            yield f"nsfl_lab_{name}: {settings[name]} is out of range; give a number from {least} to {HOSTS_PER_KIND}"
    if not 1 <= settings["registry_port"] <= 65535:
        yield f"nsfl_lab_registry_port: {settings['registry_port']} is no TCP port; give one from 1 to 65535"
    if len(settings["registry_password"]) < 8:
        yield "nsfl_lab_registry_password: it has fewer than 8 characters; leave it out to have one generated"
    if ":" in settings["registry_username"] or not settings["registry_username"]:
        yield "nsfl_lab_registry_username: it is empty or has a colon; use letters and digits"


def machine_problems(settings: Mapping[str, Any], machine: Mapping[str, Any]) -> Iterator[str]:
    """What the machine lacks, or has that is in the way."""
    if machine["system"] != "debian" or machine["architecture"] != "x86_64":
        yield (
            f"machine: it is {machine['system']} on {machine['architecture']}, and the lab's hosts are made from a Debian machine's "
            "own archives on x86_64; use such a machine, or a cluster you have (nsfl_kubeconfig)"
        )
    missing = [program for program in PROGRAMS if not machine["commands"].get(program)]
    if missing:
        packages = " ".join(sorted({PROGRAMS[program] for program in missing}))
        yield f"machine: {', '.join(missing)} not found; run `make setup`, or apt-get install {packages}"
    if machine["commands"].get("docker") and not machine["docker"]:
        yield "machine: no Docker daemon answers; run `make setup`, which starts it, or systemctl start docker"
    if machine["docker"] and machine["docker_driver"] not in ("overlay2", "overlayfs", "btrfs", "fuse-overlayfs"):
        yield f"machine: Docker copies each layer with its driver {machine['docker_driver']}; start dockerd with --storage-driver overlay2"
    if not machine["fuse"]:
        yield "machine: /dev/fuse is missing, and s3fs needs it; run modprobe fuse"
    if not machine["overlay"]:
        yield "machine: the kernel has no overlay file system; run modprobe overlay"
    yield from _build_problems(machine)
    yield from _size_problems(settings, machine)
    yield from _collisions(settings, machine)


def _build_problems(machine: Mapping[str, Any]) -> Iterator[str]:
    if machine["to_build"] and _version(machine["go"]) < _version(machine["go_needed"]):
        yield (
            f"machine: {', '.join(machine['to_build'])} must be built with Go {machine['go_needed']} or newer, and "
            f"{'Go ' + machine['go'] if machine['go'] else 'no Go'} is on PATH; install it, or copy the folder bin of another cache to here"
        )


def _size_problems(settings: Mapping[str, Any], machine: Mapping[str, Any]) -> Iterator[str]:
    nodes, clients = settings["nodes"], settings["clients"]
    if machine["cores"] < 2:
        yield f"machine: {machine['cores']} core is too little for a cluster; give it 2"
    memory = MEMORY_MB["first node"] + (nodes - 1) * MEMORY_MB["node"] + clients * MEMORY_MB["client"]
    if not machine["first_node_runs"] and machine["memory_mb"] < memory:
        yield f"machine: {machine['memory_mb']} MB of memory are free, {nodes} nodes and {clients} clients need {memory}; take fewer hosts"
    cache = CACHE_MB + (BUILD_MB if machine["to_build"] else 0)
    if not machine["first_node_runs"] and machine["cache_free_mb"] < cache:
        yield f"nsfl_lab_cache_dir: {machine['cache_free_mb']} MB are free there, and {cache} are needed; make room, or name another folder"
    if machine["docker"] and not machine["first_node_runs"] and machine["docker_free_mb"] < DOCKER_MB:
        yield f"machine: {machine['docker_free_mb']} MB are free for Docker, and {DOCKER_MB} are needed; try docker image prune"
    instances = nodes * INOTIFY["node"] + clients * INOTIFY["client"]
    limit, taken = machine["inotify_instances"], machine["inotify_taken"]
    if limit - taken < instances:
        yield (
            f"machine: fs.inotify.max_user_instances is {limit}, of which {taken} are taken, and {nodes} nodes and {clients} clients need "
            f"{instances}; run sysctl -w fs.inotify.max_user_instances={max(512, 2 * (instances + taken))}, or take another lab away"
        )


def _collisions(settings: Mapping[str, Any], machine: Mapping[str, Any]) -> Iterator[str]:
    port = settings["registry_port"]
    holder = machine["ports"].get(str(port))
    if holder and not machine["first_node_runs"]:
        who = holder.get("command") or "another program"
        yield f"nsfl_lab_registry_port: {port} is taken by {who}; stop it, or choose another (NSFL_LAB_REGISTRY_PORT)"
    try:
        wanted = ipaddress.IPv4Network(settings["subnet"])
    except ValueError:
        return
    for name, subnets in machine["networks"].items():
        taken = [ipaddress.ip_network(subnet) for subnet in subnets]
        if name == settings["name"]:
            if wanted not in taken:
                yield f"nsfl_lab_subnet: the lab {name} runs in {', '.join(subnets)}, not in {wanted}; run `make lab-down` first"
        elif any(wanted.overlaps(subnet) for subnet in taken if subnet.version == 4):
            yield f"nsfl_lab_subnet: {wanted} is used by Docker's network {name}; choose another (NSFL_LAB_SUBNET)"


def problems(settings: Mapping[str, Any], machine: Mapping[str, Any] | None = None) -> list[str]:
    """All problems at once."""
    return [*input_problems(settings), *(machine_problems(settings, machine) if machine else [])]
