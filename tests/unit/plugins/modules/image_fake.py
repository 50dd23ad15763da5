# SPDX-License-Identifier: Apache-2.0
"""Images for the registry in a thread: layers are made from a few paths and texts, blobs and manifests are files of its folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

# A file's text, or where a link leads to; a folder is None.
Member: TypeAlias = "str | tuple[bytes, str] | None"
SYMLINK, HARDLINK = tarfile.SYMTYPE, tarfile.LNKTYPE
OCI = "application/vnd.oci.image."
STATUS = "var/lib/dpkg/status"


def archive(members: Mapping[str, Member]) -> bytes:
    """A tar archive, in the order given."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, tuple):
                member.type, member.linkname = content
            else:
                member.size = len(content.encode())
            tar.addfile(member, io.BytesIO(content.encode()) if isinstance(content, str) else None)
    return made.getvalue()


def packed(members: Mapping[str, Member]) -> bytes:
    return gzip.compress(archive(members), mtime=0)


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Images:
    """What somebody has pushed to the registry below `folder`/registry."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "registry"

    def blob(self, repository: str, content: bytes) -> str:
        """Have a blob; answers its digest."""
        self._write(repository, sha256(content), content)
        return sha256(content)

    def manifest(self, repository: str, content: dict[str, Any], tag: str = "") -> str:
        """Have a manifest, under its digest and a tag; answers the digest."""
        body = json.dumps(content).encode()
        for name in (sha256(body), tag):
            if name:
                self._write(repository, name, body)
        return sha256(body)

    def image(self, repository: str, layers: Sequence[bytes], tag: str = "", **config: Any) -> str:
        """Have an image of these layers; answers its digest."""
        plain = {"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05.678901234Z", **config}
        named = [{"digest": self.blob(repository, layer), "mediaType": f"{OCI}layer.v1.tar+gzip"} for layer in layers]
        of_config = {"digest": self.blob(repository, json.dumps(plain).encode())}
        return self.manifest(repository, {"mediaType": f"{OCI}manifest.v1+json", "config": of_config, "layers": named}, tag)

    def index(self, repository: str, variants: Mapping[str, str]) -> str:
        """Have a manifest for several platforms, each named os/architecture; answers the digest."""
        platforms = {name: dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False)) for name in variants}
        listed = [{"digest": digest, "platform": platforms[name]} for name, digest in variants.items()]
        return self.manifest(repository, {"mediaType": f"{OCI}index.v1+json", "manifests": listed})

    def _write(self, repository: str, name: str, content: bytes) -> None:
        path = self._folder / repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def deb(name: str, version: str, **fields: str) -> str:
    """A paragraph of dpkg's file."""
    said = {"Package": name, "Status": "install ok installed", "Architecture": "amd64", "Version": version, **fields}
    return "".join(f"{key}: {value}\n" for key, value in said.items()) + "Description: one\n of several\n .\n lines\n\n"


def metadata(name: str, version: str, **fields: str) -> str:
    """What an installer of Python notes of a distribution."""
    more = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
    return f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{more}\nName: no-field\n"
