# SPDX-License-Identifier: Apache-2.0
"""The role, run as users run it, on the small tree and a registry of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from real_registry import RealRegistry
from small_site import Site

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = "playbooks/images.yml"
CHANGED = re.compile(r"changed=(\d+)")


class Role:
    """playbooks/images.yml with settings of its own."""

    def __init__(self, site: Site, registry: RealRegistry) -> None:
        self._site = site
        self._settings: dict[str, Any] = {
            "nsfl_registry": registry.host,
            "nsfl_images_builder": "buildah",
            "nsfl_images_catalogue": site.params["catalogue"],
            "nsfl_images_cache_dir": site.params["cache_dir"],
            "nsfl_images_manifest_file": site.params["manifest_file"],
        }

    def run(self, *arguments: str, playbook: str = PLAYBOOK, **settings: str) -> str:
        """What the playbook prints; it must succeed."""
        code, output = self._play(arguments, settings, playbook)
        assert code == 0, output
        return output

    def refused(self, **settings: str) -> str:
        """What the playbook prints; it must fail, and change nothing before."""
        code, output = self._play((), settings)
        assert code != 0 and self.changed(output) == 0, output
        return " ".join(output.split())

    @staticmethod
    def changed(output: str) -> int:
        return int(CHANGED.findall(output)[-1])

    def _play(self, arguments: tuple[str, ...], settings: dict[str, str], playbook: str = PLAYBOOK) -> tuple[int, str]:
        named = {f"nsfl_images_{name}": value for name, value in settings.items()}
        variables = json.dumps({**self._settings, **named})
        command = ["ansible-playbook", playbook, "-i", "/dev/null", "-e", variables, *arguments]
        environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "NSFL_PROGRESS_STYLE": "plain"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr
