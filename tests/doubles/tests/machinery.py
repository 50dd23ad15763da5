# SPDX-License-Identifier: Apache-2.0
"""What the tests need around the components: processes, a DNS server, the proxy's container."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, check: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def open_port(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    def __init__(self, command: list[str], env: dict[str, str], log: Path, cwd: str | None = None) -> None:
        self.log = log
        with log.open("ab") as stream:
            self.child = subprocess.Popen(command, env=env, stdout=stream, stderr=subprocess.STDOUT, cwd=cwd)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, seconds: float = 20) -> None:
        wait_until(f"{words!r} in {self.log.name}: {self.text()[-2000:]}", lambda: words in self.text(), seconds)

    def ends(self, code: int, seconds: float = 20) -> str:
        """The process ends with this exit code; its output."""
        assert self.child.wait(seconds) == code, self.text()
        return self.text()


class Processes:
    """Python components started from the tree; python3.7 on their PATH is this interpreter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._all: list[Process] = []
        programs = folder / "bin"
        programs.mkdir()
        link = programs / "python3.7"
        link.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        link.chmod(0o755)
        self.base = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, component: str, env: dict[str, str] | None = None, *arguments: str, name: str = "") -> Process:
        return self.run(["python3.7", "-m", f"neursafe_fl.python.{component}.app", *arguments], env, name or component)

    def run(self, command: list[str], env: dict[str, str] | None, name: str, cwd: str | None = None) -> Process:
        whole = {**self.base, **(env or {})}
        program = shutil.which(command[0], path=whole["PATH"]) or command[0]
        process = Process([program, *command[1:]], whole, self.folder / f"{name}.log", cwd)
        self._all.append(process)
        return process

    def stop(self) -> None:
        for process in self._all:
            process.child.kill()
            process.child.wait()


class Dns:
    """Answers one address to every question about the namespaces default and fl, at an address of its own."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.2)
        self._over = False
        for number in range(2, 255):
            self.address = f"127.0.53.{number}"
            try:
                self._socket.bind((self.address, 53))
                break
            except OSError:
                continue
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over:
            try:
                question, peer = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            at, labels = 12, []
            while question[at]:
                labels.append(question[at + 1 : at + 1 + question[at]].decode())
                at += 1 + question[at]
            name = ".".join(labels)
            self.asked.append(name)
            known = name.endswith((".default.svc.cluster.local", ".fl.svc.cluster.local"))
            head = question[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, int(known), 0, 0)
            answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 5, 4) + bytes([127, 0, 0, 1]) if known else b""
            self._socket.sendto(head + question[12 : at + 5] + answer, peer)

    def stop(self) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()


class Proxy:
    """The proxy's image with a rendered nginx.conf and a resolv.conf of the test's choice, on the host's network."""

    IMAGE = "nsfl-doubles-test/nsfl-proxy"
    BASE = "nsfl-lab/debian:bookworm"

    @classmethod
    def build(cls, shape: str = "2022") -> str:
        if (
            not shutil.which("docker")
            or subprocess.run(["docker", "image", "inspect", cls.BASE], capture_output=True, check=False).returncode
        ):
            return ""
        text = (ROOT / "deploy/docker-images/dockerfiles/proxy.Dockerfile").read_text()
        name, argument = f"{cls.IMAGE}:{shape}", f"--build-arg=NSFL_DOUBLE_SHAPE={shape}"
        subprocess.run(
            ["docker", "build", "--network=host", "-q", argument, "-t", name, "-f-", str(ROOT)],
            check=True,
            input=text.replace("FROM debian:bookworm", f"FROM {cls.BASE}"),
            text=True,
            capture_output=True,
        )
        return name

    def __init__(
        self,
        folder: Path,
        image: str,
        selector: str,
        resolv: str,
        token: str | None = "tok",
        edit: Callable[[str], str] = str,
        environment: dict[str, str] | None = None,
        sample: str = "nginx.conf",
        command: tuple[str, ...] = (),
    ) -> None:
        self.grpc, self.http = free_port(), free_port()
        conf = folder / "proxy-conf"
        conf.mkdir()
        text = (ROOT / "samples" / sample).read_text()
        text = text.replace("30091", str(self.grpc)).replace("30092", str(self.http))
        text = text.replace("server nsfl-client-selector:50055;", f"server {selector};")
        (conf / "nginx.conf").write_text(edit(text))
        (folder / "resolv.conf").write_text(resolv)
        self._name = f"nsfl-doubles-test-{uuid.uuid4().hex[:8]}"
        given = {**({"TOKEN": token} if token else {}), **(environment or {})}
        subprocess.run(
            [
                "docker",
                "run",
                "-d",
                "--name",
                self._name,
                "--net=host",
                "-v",
                f"{conf}:/nginx/conf:ro",
                "-v",
                f"{folder}/resolv.conf:/etc/resolv.conf:ro",
                *(part for key, value in given.items() for part in ("-e", f"{key}={value}")),
                image,
                *command,
            ],
            check=True,
            capture_output=True,
        )

    def log(self) -> str:
        done = subprocess.run(["docker", "logs", self._name], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def ready(self) -> Proxy:
        wait_until(f"proxy: {self.log()}", lambda: open_port(self.http) and open_port(self.grpc))
        return self

    def stop(self) -> None:
        subprocess.run(["docker", "rm", "-f", self._name], capture_output=True, check=False)
