# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image references: registry host, repository, tag, digest."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

REPOSITORY = re.compile(r"^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*\Z")
TAG = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
DIGEST = re.compile(r"^sha256:[0-9a-f]{64}\Z")
HOST = re.compile(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::(?P<port>[0-9]{1,5}))?\Z")


@dataclass(frozen=True)
class Reference:
    """An image reference taken apart; `registry` is empty for an image of the local builder only."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def with_tag(self, tag: str) -> Reference:
        """The same image under another tag."""
        return replace(self, tag=tag, digest="")

    def pinned(self, digest: str) -> Reference:
        """The same image by its digest alone."""
        return replace(self, tag="", digest=digest)


def parse(text: str) -> Reference:
    """Take a reference apart by Docker's rules; a name without a registry belongs to docker.io."""
    rest, _at, digest = text.partition("@")
    if digest and not DIGEST.match(digest):
        # What is before the @ may be an account.
        raise ValueError(f"it has the digest {digest!r}, which is not sha256:<64 hex digits>")
    first, slash, remainder = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, rest = first, remainder
    else:
        registry, rest = "docker.io", rest if slash else f"library/{rest}"
    repository, colon, tag = rest.partition(":")
    if colon and not tag:
        raise ValueError(f"{text!r} is no image reference: there is no tag after the colon")
    tag = tag or ("" if digest else "latest")
    if not REPOSITORY.match(repository):
        raise ValueError(f"{text!r} is no image reference: {repository!r} must be lower-case letters, digits and . _ - /")
    if tag and not TAG.match(tag):
        raise ValueError(f"{text!r} is no image reference: {tag!r} is no tag")
    return Reference(registry, repository, tag, digest)


def split_registry(registry: str) -> tuple[str, str]:
    """A registry setting (host:port, optionally with a path below it) as host and repository prefix."""
    host, _slash, prefix = registry.strip("/").partition("/")
    return host, f"{prefix}/" if prefix else ""


def is_loopback(host: str) -> bool:
    """Whether a registry host is this machine."""
    name = host.rsplit(":", 1)[0] if not host.startswith("[") else host[1:].split("]")[0]
    return name == "localhost" or name.startswith("127.") or name == "::1"
