# SPDX-License-Identifier: Apache-2.0
"""The machine that figures come from, named."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str]:
    """What has to be known to compare figures with those of another day."""
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {
        "cores": str(os.cpu_count()),
        "processor": next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine()),
        "memory": f"{int(memory.split()[1]) / 2**20:.0f} GiB",
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "ansible-core": version("ansible-core"),
        "Docker": _output("docker", "version", "--format", "{{.Server.Version}}") or "none answers",
        "collection": _output("git", "describe", "--always", "--dirty") or "unknown",
        "load before": f"{os.getloadavg()[0]:.1f} (of one minute; the figures of a busy machine are worth less)",
    }


def _cpuinfo() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
