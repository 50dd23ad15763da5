# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of the image builders, and running them with a log file each.

Build arguments and accounts go through the environment and private files, never through a command line that `ps` shows.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs
from ansible_collections.neursafe.fl.plugins.module_utils._dockerfile import references
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlannedImage
from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError
from ansible_collections.neursafe.fl.plugins.module_utils._references import parse

LOG_LINES_SHOWN = 20
_GRACE = 2.0
_STEP_FAILED = re.compile(r"^#(\d+) (?:ERROR|CANCELED)\b", re.MULTILINE)
_STORAGE = {"docker": "{{.DockerRootDir}}", "podman": "{{.Store.GraphRoot}}", "buildah": "{{.store.GraphRoot}}"}
_NO_ROOM = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)


class BuilderError(OptionError):
    """A builder is missing or one of its commands failed."""


@dataclass
class Builder:
    """One installed builder and how this run uses it."""

    kind: str = "docker"
    path: str = ""
    buildx_path: str = ""
    network: str = ""
    platform: str = ""
    build_args: t.Mapping[str, str] = field(default_factory=dict)
    secrets: t.Mapping[str, str] = field(default_factory=dict)
    pull: bool = False
    registry: str = ""
    insecure: bool = False
    certificates: str = ""
    timeout: int = 3600
    environment: dict[str, str] = field(default_factory=dict)
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _build: list[str] = field(default_factory=list)
    _buildkit: bool = False
    _stopped: bool = False

    @property
    def program(self) -> str:
        """The builder's program as it is called."""
        return self.path or self.kind

    def prepare(self) -> None:
        """Find the way to build that this machine has; raises with a clear text when there is none."""
        if shutil.which(self.program) is None:
            raise BuilderError(
                f"the builder {self.program!r} is not installed on the controller; install it, or name its path", "builder_path"
            )
        self._ask("version", *(["--format", "{{.Server.Version}}"] if self.kind == "docker" else []))
        if self.kind != "docker":
            self._build = [self.program, "build"]
            return
        if self.buildx_path:
            if not os.access(self.buildx_path, os.X_OK):
                raise BuilderError(f"buildx is not at {self.buildx_path}; correct the path", "buildx_path")
            self._build, self._buildkit = [self.buildx_path, "build"], True
        elif self._has_buildx_plugin():
            self._build, self._buildkit = [self.program, "buildx", "build"], True
        elif self.secrets:
            raise BuilderError("build secrets need BuildKit: install Docker's buildx plugin or name its program", "buildx_path")
        else:
            self.environment["DOCKER_BUILDKIT"] = "0"
            self._build = [self.program, "build"]

    def build_command(self, image: PlannedImage, build_file: Path, context: Path, labels: t.Mapping[str, str]) -> list[str]:
        """The command line that builds one image under its content tag."""
        command = [*self._build, "--file", str(build_file), "--tag", str(image.reference)]
        if self._buildkit:
            command += ["--load", "--progress", "plain"]
        elif self.kind == "docker":
            # The old builder keeps the container of a step that failed.
            command.append("--force-rm")
        if self.kind != "docker":
            command += ["--ignorefile", f"{build_file}.dockerignore", "--format", "docker", "--layers"]
        command += ["--network", self.network] if self.network else []
        command += ["--platform", self.platform] if self.platform else []
        command += ["--pull"] if self.kind == "docker" and self.pull and not image.needs else []
        for name in sorted(self.build_args):
            command += ["--build-arg", name]
        for name in sorted(self.secrets):
            command += ["--secret", f"id={name},src={self.secrets[name]}"]
        for name, value in labels.items():
            command += ["--label", f"{name}={value}"]
        return [*command, str(context)]

    def build(self, image: PlannedImage, folder: Path, context: Path, labels: t.Mapping[str, str], log: Path) -> None:
        """Build one image; its build file and ignore rules are written beside each other, as BuildKit looks for them."""
        build_file = folder / f"{image.name}.Dockerfile"
        build_file.write_text(image.build_file, encoding="utf-8")
        Path(f"{build_file}.dockerignore").write_text("\n".join([*image.ignore_rules, ""]), encoding="utf-8")
        self._pull_bases(image, log)
        self._run(self.build_command(image, build_file, context, labels), log, f"image {image.name}: the build failed", self.build_args)

    def _pull_bases(self, image: PlannedImage, log: Path) -> None:
        """Those that a build may not reach by itself.

        Podman and buildah check the certificates of all registries or of none, BuildKit speaks plain HTTP to the loopback interface.
        """
        for reference in references(image.build_file, self.build_args):
            own = parse(reference).registry == self.registry
            newer = self.kind != "docker" and self.pull and not image.needs
            if newer or (own and not self.local_ids([reference])):
                platform = ["--platform", self.platform] if self.platform else []
                command = [self.program, "pull", *(self._transport() if own else []), *platform, reference]
                self._run(command, log, f"image {image.name}: the pull of {reference} failed", {})

    def push(self, image: PlannedImage, log: Path) -> None:
        """Push one image under its content tag."""
        command = [self.program, "push", *self._transport(), str(image.reference)]
        self._run(command, log, f"image {image.name}: the push failed", {})

    def _transport(self) -> list[str]:
        """How podman and buildah reach the registry that gets the images; Docker's daemon knows by itself."""
        if self.kind == "docker":
            return []
        certificates = ["--cert-dir", self.certificates] if self.certificates else []
        return [*certificates, *(["--tls-verify=false"] if self.insecure else [])]

    def local_ids(self, references: t.Sequence[str]) -> dict[str, str]:
        """Ids of the images that the builder itself keeps (for use without a registry)."""
        inspect = ["inspect", "--type", "image"] if self.kind == "buildah" else ["image", "inspect"]
        shown = "{{.FromImageID}}" if self.kind == "buildah" else "{{.Id}}"
        found = {}
        for reference in references:
            done = programs.run([self.program, *inspect, "--format", shown, reference], env=self._env())
            if done.returncode == 0:
                found[reference] = "sha256:" + done.stdout.strip().removeprefix("sha256:")
        return found

    def storage_folder(self) -> str:
        """Where the builder keeps its layers, when that is on this machine."""
        folder = self._ask("info", "--format", _STORAGE[self.kind])
        return folder if os.path.isdir(folder) else ""

    def registry_rules(self) -> str:
        """What Docker's daemon says of registries, as JSON."""
        return self._ask("info", "--format", "{{json .RegistryConfig}}")

    def stop(self) -> None:
        """End the commands still running, for a run that is broken off, and begin no more."""
        self._stopped = True
        for process in list(self._running):
            process.terminate()
        # Podman and buildah hand the signal to the program they run, which may not care.
        timer = threading.Timer(_GRACE, self._kill)
        timer.daemon = True
        timer.start()

    def _kill(self) -> None:
        for process in list(self._running):
            process.kill()

    def _has_buildx_plugin(self) -> bool:
        return bool(programs.run([self.program, "buildx", "version"], env=self._env()).returncode == 0)

    def _ask(self, *arguments: str) -> str:
        done = programs.run([self.program, *arguments], timeout=60, env=self._env())
        if done.returncode != 0:
            cause = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["no answer"]
            raise BuilderError(f"{self.program} cannot be used: {cause[0]}; start its daemon, or choose another builder", "builder")
        return str(done.stdout.strip())

    def _env(self) -> dict[str, str]:
        return {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1", **self.environment}

    def _run(self, words: list[str], log: Path, failure: str, variables: t.Mapping[str, str]) -> None:
        if self._stopped:
            raise BuilderError(f"{failure}: the run was broken off")
        with log.open("ab") as output:
            output.write(f"$ {' '.join(words)}\n".encode())
            output.flush()
            process = programs.start(words, stdout=output, stderr=subprocess.STDOUT, env={**self._env(), **variables})
            self._running.add(process)
            try:
                code = process.wait(timeout=self.timeout)
            except subprocess.TimeoutExpired as error:
                process.kill()
                process.wait()
                raise BuilderError(f"{failure}: not done after {self.timeout} s; log {log}\n{failing_step(_text(log))}") from error
            finally:
                self._running.discard(process)
        if code != 0:
            room = f"; no room is left in {self.storage_folder() or 'the builder'}: make some" if _NO_ROOM.search(_text(log)) else ""
            raise BuilderError(f"{failure} (exit {code}){room}; log {log}\n{failing_step(_text(log))}")


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def failing_step(log: str) -> str:
    """The last lines of the step that failed, or of the whole log when the builder does not number its steps."""
    numbers = _STEP_FAILED.findall(log)
    lines = log.splitlines()
    if numbers:
        lines = [line for line in lines if line.startswith(f"#{numbers[-1]} ")] or lines
    return "\n".join(lines[-LOG_LINES_SHOWN:])
