# SPDX-License-Identifier: Apache-2.0
"""machine.py LAB CACHE-DIRECTORY: what this machine is and has, as JSON, for the checks before a lab is made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any


def output(*command: str) -> str:
    """What a program prints, or nothing when it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def docker(*arguments: str) -> Any:
    """What Docker says of one thing, as JSON."""
    return json.loads(output("docker", *arguments, "--format", "{{json .}}") or "{}")


def free_mb(path: str) -> int:
    """Room where a file at that path would lie."""
    folder = Path(path)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free >> 20


def networks() -> dict[str, list[str]]:
    """The subnets of Docker's networks by name."""
    names = output("docker", "network", "ls", "--format", "{{.Name}}").split()
    found = json.loads(output("docker", "network", "inspect", *names) or "[]") if names else []
    return {net["Name"]: [entry["Subnet"] for entry in net["IPAM"]["Config"] or [] if "Subnet" in entry] for net in found}


def inotify_taken(lab: str) -> int:
    """Instances that this user's processes outside the lab hold; another lab's systemd and kubelets take most of them."""
    own = output("docker", "ps", "--quiet", "--no-trunc", "--filter", f"name=^{lab}-").split()
    taken = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == os.getuid() and not any(name in (process / "cgroup").read_text() for name in own):
                taken += sum(os.readlink(handle) == "anon_inode:inotify" for handle in (process / "fd").iterdir())
        except OSError:  # it has ended, or is none of ours
            continue
    return taken


def main() -> None:
    """Print it."""
    lab, cache = sys.argv[1:]
    info = docker("info")
    version = [word[2:] for word in output("go", "version").split() if word.startswith("go1")]
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    memory = [int(line.split()[1]) >> 10 for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable")]
    found = {
        "system": release.get("ID", "").strip('"'),
        "architecture": os.uname().machine,
        "cores": os.cpu_count() or 1,
        "memory_mb": memory[0],
        "cache_free_mb": free_mb(cache),
        "docker": info.get("ServerVersion", ""),
        "docker_free_mb": free_mb(info.get("DockerRootDir", "/var/lib/docker")),
        "docker_driver": info.get("Driver", ""),
        "networks": networks(),
        "first_node_runs": output("docker", "inspect", "--format", "{{.State.Running}}", f"{lab}-node-1") == "true",
        "go": version[0] if version else "",
        "fuse": Path("/dev/fuse").exists(),
        "overlay": "overlay" in Path("/proc/filesystems").read_text(),
        "inotify_instances": int(Path("/proc/sys/fs/inotify/max_user_instances").read_text()),
        "inotify_taken": inotify_taken(lab),
    }
    json.dump(found, sys.stdout)


main()
