# SPDX-License-Identifier: Apache-2.0
"""A copy of the example inventory, checked by the real playbooks and roles, without any host.

Only the five modules that look at hosts, the cluster, the registry and the database are stand-ins, which find everything in order and
keep what they were asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BIN = Path(sys.executable).parent
EXAMPLE = ROOT / "inventories" / "example"
LOOKS = ("host_info", "kube_plan", "images", "mongodb_schema", "postgresql_schema")


@dataclass
class Site:
    """A copy of the example inventory, with the collection in which the stand-ins are."""

    folder: Path

    inventory: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run all checks as on the hosts of the inventory, with the controller in their place."""
        shutil.rmtree(self.folder / "records", ignore_errors=True)
        (self.folder / "records").mkdir()
        here = [f"ansible_python_interpreter={sys.executable}", "ansible_connection=local", "ansible_become=false"]
        command = [str(BIN / "ansible-playbook"), "-i", str(self.inventory), str(HERE / "checks.yml")]
        return subprocess.run(
            [*command, *(word for setting in here for word in ("-e", setting)), *arguments],
            cwd=self.folder,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.folder), "NSFL_REGISTRY_PASSWORD": "hush", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self, module: str) -> Iterator[dict[str, Any]]:
        """What a module was called with, each time."""
        for path in (self.folder / "records").glob(f"{module}-*.json"):
            yield json.loads(path.read_text(encoding="utf-8"))

    def spec_of(self, kind: str, name: str) -> Any:
        """What one of the objects is to be."""
        objects = [item for call in self.asked("kube_plan") for item in call["objects"]]
        (found,) = [item["spec"] for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name)]
        return found

    def ports_of(self, service: str) -> list[int]:
        """The NodePorts of a Service."""
        return [port["nodePort"] for port in self.spec_of("Service", service)["ports"] if "nodePort" in port]


def copied(folder: Path) -> Site:
    """The site in a folder of its own."""
    collection = folder / "ansible_collections" / "neursafe" / "fl"
    for part in ("action", "modules"):
        (collection / "plugins" / part).mkdir(parents=True)
    for part in ("meta", "playbooks", "roles"):
        (collection / part).symlink_to(ROOT / part)
    for path in [*(ROOT / "plugins").iterdir(), *(ROOT / "plugins").glob("action/*.py"), *(ROOT / "plugins").glob("modules/*.py")]:
        target = collection / path.relative_to(ROOT)
        if path.stem in LOOKS and path.parent.name == "modules":
            text = "#!/usr/bin/python\n" + (HERE / "stand_in.py").read_text(encoding="utf-8")
            target.write_text(text.replace("@MODULE@", path.stem).replace("@RECORDS@", str(folder / "records")), encoding="utf-8")
        elif path.name not in ("action", "modules") and path.stem not in LOOKS:
            target.symlink_to(path)
    shutil.copytree(EXAMPLE, folder / "mine")
    return Site(folder, folder / "mine")
