# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of the image builders, and running them with a log file each.

Build arguments and accounts go through the environment and private files, never through a command line that `ps` shows.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ._image_plan import PlannedImage
from ._option_error import OptionError

LOG_LINES_SHOWN = 20
_STEP_FAILED = re.compile(r"^#(\d+) (?:ERROR|CANCELED)\b", re.MULTILINE)
_CARRIED_OVER = ("auths", "credHelpers", "credsStore", "proxies", "HttpHeaders", "currentContext", "cliPluginsExtraDirs")


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
    insecure: bool = False
    timeout: int = 3600
    environment: dict[str, str] = field(default_factory=dict)
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _build: list[str] = field(default_factory=list)
    _buildkit: bool = False

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
        if self.kind != "docker":
            self._build = [self.program, "build"]
            return
        self._ask("version", "--format", "{{.Server.Version}}")
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
        if self.kind != "docker":
            command += ["--ignorefile", f"{build_file}.dockerignore", "--format", "docker"]
        command += ["--network", self.network] if self.network else []
        command += ["--platform", self.platform] if self.platform else []
        command += ["--pull"] if self.pull and not image.needs else []
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
        self._run(self.build_command(image, build_file, context, labels), log, f"image {image.name}: the build failed", self.build_args)

    def push(self, image: PlannedImage, log: Path) -> None:
        """Push one image under its content tag."""
        command = [self.program, "push"]
        if self.kind != "docker" and self.insecure:
            command.append("--tls-verify=false")
        self._run([*command, str(image.reference)], log, f"image {image.name}: the push failed", {})

    def local_ids(self, references: t.Sequence[str]) -> dict[str, str]:
        """Ids of the images that the builder itself keeps (for use without a registry)."""
        inspect = ["inspect", "--type", "image"] if self.kind == "buildah" else ["image", "inspect"]
        shown = "{{.FromImageID}}" if self.kind == "buildah" else "{{.Id}}"
        found = {}
        for reference in references:
            command = [self.program, *inspect, "--format", shown, reference]
            done = subprocess.run(command, env=self._env(), capture_output=True, text=True, check=False)
            if done.returncode == 0:
                found[reference] = "sha256:" + done.stdout.strip().removeprefix("sha256:")
        return found

    def storage_folder(self) -> str:
        """Where the builder keeps its layers, when that is on this machine."""
        if self.kind != "docker":
            return ""
        folder = self._ask("info", "--format", "{{.DockerRootDir}}")
        return folder if os.path.isdir(folder) else ""

    def stop(self) -> None:
        """End the commands still running, for a run that is broken off."""
        for process in list(self._running):
            process.terminate()

    def _has_buildx_plugin(self) -> bool:
        command = [self.program, "buildx", "version"]
        return subprocess.run(command, env=self._env(), capture_output=True, check=False).returncode == 0

    def _ask(self, *arguments: str) -> str:
        done = subprocess.run([self.program, *arguments], env=self._env(), capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            cause = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["no answer"]
            raise BuilderError(f"{self.program} cannot be used: {cause[0]}; start its daemon, or choose another builder", "builder")
        return done.stdout.strip()

    def _env(self) -> dict[str, str]:
        return {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1", **self.environment}

    def _run(self, command: list[str], log: Path, failure: str, variables: t.Mapping[str, str]) -> None:
        with log.open("ab") as output:
            output.write(f"$ {' '.join(command)}\n".encode())
            output.flush()
            process = subprocess.Popen(
                command, env={**self._env(), **variables}, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
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
            raise BuilderError(f"{failure} (exit {code}); log {log}\n{failing_step(_text(log))}")


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def failing_step(log: str) -> str:
    """The last lines of the step that failed, or of the whole log when the builder does not number its steps."""
    numbers = _STEP_FAILED.findall(log)
    lines = log.splitlines()
    if numbers:
        lines = [line for line in lines if line.startswith(f"#{numbers[-1]} ")] or lines
    return "\n".join(lines[-LOG_LINES_SHOWN:])


def write_account(folder: Path, registry: str, username: str, password: str) -> dict[str, str]:
    """A private client configuration with the registry's account; answers the environment that makes builders use it.

    What the user's own configuration says about other registries, proxies and contexts is carried over.
    """
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        settings = json.loads((own / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        settings = {}
    kept = {key: settings[key] for key in _CARRIED_OVER if key in settings}
    key = "https://index.docker.io/v1/" if registry == "docker.io" else registry
    account = base64.b64encode(f"{username}:{password}".encode()).decode()
    kept["auths"] = {**kept.get("auths", {}), key: {"auth": account}}
    # A helper that answers for this registry would win over the account given here.
    kept.pop("credsStore", None)
    kept["credHelpers"] = {host: helper for host, helper in kept.get("credHelpers", {}).items() if host != registry}
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept), encoding="utf-8")
    for part in ("cli-plugins", "contexts", "buildx"):
        if (own / part).is_dir():
            (folder / part).symlink_to(own / part)
    return {"DOCKER_CONFIG": str(folder), "REGISTRY_AUTH_FILE": str(path)}
