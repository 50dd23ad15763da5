# SPDX-License-Identifier: Apache-2.0
"""A source tree of two images around one static program, and the module's calls on it."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._image_service import ImageService
from ansible_collections.neursafe.fl.plugins.modules.images import OPTIONS

BUILDX = Path.home() / ".cache/neursafe-fl/bin/buildx"
# The program that builds, and what makes Docker use BuildKit or its old builder.
BUILDERS: dict[str, dict[str, Any]] = {
    "buildx": {"builder": "docker", "buildx_path": str(BUILDX)},
    "docker": {"builder": "docker"},
    "podman": {"builder": "podman"},
    "buildah": {"builder": "buildah"},
}
SHELL = 'SHELL ["/bin/busybox", "sh", "-c"]\n'
LABELS = {name: f"nsfl_images_{name}" for name in OPTIONS}
Result = dict[str, Any]


class Site:
    """A tree with build files for nsfl-base and, from it, nsfl-app; `stamp` keeps its content apart from that of other tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stamp = uuid.uuid4().hex
        self._hosts: set[str] = set()
        self.tree = folder / "tree"
        self.files = self.tree / "deploy/docker-images/dockerfiles"
        self.files.mkdir(parents=True)
        shutil.copy("/bin/busybox", self.tree / "busybox")
        self.write("base", f"FROM scratch\nCOPY busybox /bin/busybox\n{SHELL}RUN /bin/busybox echo {self.stamp} >/base\n")
        self.write("app", f"FROM nsfl-base:latest\n{SHELL}COPY app.txt /app.txt\n")
        (self.tree / "app.txt").write_text("one")
        self.params: dict[str, Any] = {name: option.get("default") for name, option in OPTIONS.items()}
        self.params |= {
            "source": str(self.tree),
            "cache_dir": str(folder / "cache"),
            "manifest_file": str(folder / "images.json"),
            "catalogue": [{"name": f"nsfl-{name}", "dockerfile": f"{name}.Dockerfile"} for name in ("base", "app")],
            "labels": LABELS,
        }

    def write(self, name: str, text: str) -> None:
        """Write a build file."""
        (self.files / f"{name}.Dockerfile").write_text(text)

    def run(self, *settings: dict[str, Any], check_mode: bool = False) -> Result:
        """The module with these settings over its defaults."""
        return ImageService(self._merged(settings), check_mode).run()

    def check(self, *settings: dict[str, Any]) -> Result:
        """The module in its state `checked`."""
        return ImageService(self._merged(settings), True).check()

    def _merged(self, settings: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        merged = dict(self.params)
        for one in settings:
            merged |= one
        self._hosts.add(merged["registry"].partition("/")[0])
        return merged

    def logs(self) -> str:
        """Everything that the runs have left on disk, but for the tree."""
        kept = [path for path in (self.folder / "cache").rglob("*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in kept)

    def forget(self) -> None:
        """Take the images that were made here out of Docker. (Podman and buildah have a storage of their own.)"""
        shown = subprocess.run(
            ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"], capture_output=True, text=True, check=True
        )
        mine = [name for name in shown.stdout.split() if name.partition("/")[0] in self._hosts]
        if mine:
            subprocess.run(["docker", "rmi", "-f", *mine], capture_output=True, check=False)
