# SPDX-License-Identifier: Apache-2.0
"""Debian's registry as a process, and certificates for it."""

from __future__ import annotations

import atexit
import gzip
import io
import ipaddress
import json
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

ACCOUNT = ("fl", "pass: w%rd-canary")
_HTPASSWD = "fl:$2b$04$/D.eZJViYGOTLjNhoaJwre4slVXEgO/aq.yVMeqtg6oar5azDAHD.\n"
# The program comes from the lab's hosts: its package, installed here, would start a service on the lab's port.
_HOST_IMAGE = "nsfl-lab/host:bookworm"
_PATIENCE = 10.0
WITHOUT_ACCOUNT = ("", "")


class Certificates:
    """An authority, a certificate of it for the addresses of the tests, and an authority that signed nothing."""

    def __init__(self, folder: Path) -> None:
        self.ca, self.other = folder / "ca.pem", folder / "other.pem"
        self.certificate, self.key = folder / "registry.pem", folder / "registry.key"
        for path in (self.ca, self.other):
            _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={path.stem}", "-keyout", f"{path}.key", "-out", path)
        self._request, self._names = folder / "request.pem", folder / "names"
        self._names.write_text(f"subjectAltName=DNS:localhost,IP:{docker_address()}\n")
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=registry", "-keyout", self.key, "-out", self._request)
        signed = ["-CA", self.ca, "-CAkey", f"{self.ca}.key", "-CAcreateserial", "-extfile", self._names, "-out", self.certificate]
        _openssl("x509", "-req", "-days", "2", "-in", self._request, *signed)

    def expired(self, folder: Path) -> Certificates:
        """The same with a certificate that ended some time ago."""
        other = copy(self)
        other.certificate = folder / "expired.pem"
        (folder / "index").touch()
        kept = f"database={folder}/index\nnew_certs_dir={folder}\nrand_serial=yes\npolicy=p\ndefault_md=sha256"
        (folder / "ca.conf").write_text(f"[ca]\ndefault_ca=a\n[a]\n{kept}\n[p]\ncommonName=supplied\n")
        signer = ["-config", folder / "ca.conf", "-cert", self.ca, "-keyfile", f"{self.ca}.key", "-extfile", self._names]
        days = ["-startdate", "260101000000Z", "-enddate", "260102000000Z"]
        _openssl("ca", "-batch", "-notext", *signer, *days, "-in", self._request, "-out", other.certificate)
        return other


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def docker_address() -> str:
    """An address of this machine that is not the loopback interface, and that Docker's daemon reaches: the first of its bridge."""
    # The gateway itself is not always among what is told.
    asked = ["docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Subnet}}"]
    subnet = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    return str(ipaddress.ip_network(subnet)[1])


@cache
def registry_program() -> Path:
    """The registry, taken out of the image of the lab's hosts."""
    folder = Path(tempfile.mkdtemp(prefix="nsfl-registry."))
    atexit.register(shutil.rmtree, folder)
    container = subprocess.run(["docker", "create", _HOST_IMAGE, "none"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["docker", "cp", "--quiet", f"{container}:/usr/bin/docker-registry", folder], check=True)
    subprocess.run(["docker", "rm", container], check=True, capture_output=True)
    return folder / "docker-registry"


class RealRegistry:
    """A registry on a free port, with its files in a folder."""

    def __init__(
        self, folder: Path, certificates: Certificates | None = None, address: str = "127.0.0.1", account: tuple[str, str] = ACCOUNT
    ) -> None:
        self.folder = folder
        folder.mkdir()
        with socket.socket() as free:
            free.bind((address, 0))
            self.port = free.getsockname()[1]
        self._address = address
        self.host = f"{'localhost' if address == '127.0.0.1' else address}:{self.port}"
        self.settings: dict[str, Any] = {"registry": self.host, "registry_username": account[0], "registry_password": account[1]}
        http: dict[str, Any] = {"addr": f"{address}:{self.port}"}
        if certificates:
            http["tls"] = {"certificate": str(certificates.certificate), "key": str(certificates.key)}
        config: dict[str, Any] = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "data")}}, "http": http}
        if account[0]:
            (folder / "htpasswd").write_text(_HTPASSWD)
            config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
        (folder / "config.yml").write_text(json.dumps(config))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RealRegistry:
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen([registry_program(), "serve", self.folder / "config.yml"], stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection((self._address, self.port), timeout=1).close()
                return self
            except OSError:
                assert time.monotonic() < end, (self.folder / "log").read_text()
                time.sleep(0.05)

    def __exit__(self, *_exception: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait()

    def blobs(self) -> list[bytes]:
        """Everything it stores, unpacked. An upload that was cut is no part of any image."""
        stored = [path for path in (self.folder / "data").rglob("data") if path.is_file() and "_uploads" not in path.parts]
        packed = [path.read_bytes() for path in stored]
        return [gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one for one in packed]

    def files(self) -> dict[str, str]:
        """The small files in the layers of all images, by path."""
        found = {}
        for blob in self.blobs():
            if blob[257:262] == b"ustar":
                with tarfile.open(fileobj=io.BytesIO(blob)) as layer:
                    small = [member for member in layer.getmembers() if member.isfile() and member.size < 1000]
                    found.update({f"/{member.name.removeprefix('./')}": _content(layer, member) for member in small})
        return found


def _content(layer: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    handle = layer.extractfile(member)
    return handle.read().decode() if handle else ""
