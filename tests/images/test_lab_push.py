# SPDX-License-Identifier: Apache-2.0
"""The lab's own images go to a registry that has proven who it is, and to no other, although Docker itself would ask for no proof."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_registry import ACCOUNT, Certificates, RealRegistry

PUSH = Path(__file__).resolve().parents[2] / "roles" / "nsfl_lab" / "files" / "push.py"
IMAGE = "push-try:1"


def docker(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *words], input=given, capture_output=True, check=False)


@pytest.fixture
def secure(tmp_path: Path, certificates: Certificates) -> Iterator[RealRegistry]:
    # An empty archive is an image.
    assert docker("import", "-", f"nsfl-lab/{IMAGE}", given=bytes(10240)).returncode == 0
    with RealRegistry(tmp_path / "secure", certificates) as running:
        auth = base64.b64encode(":".join(ACCOUNT).encode()).decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {running.host: {"auth": auth}}}))
        yield running
        # By their numbers: one that another has followed has no name left.
        made = [docker("images", "--quiet", name).stdout.decode().split() for name in ("nsfl-lab/push-try", f"{running.host}/push-try")]
        docker("rmi", "--force", *{number for numbers in made for number in numbers})


def push(registry: RealRegistry, folder: Path, authority: Path, *check: str, scheme: str = "https") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PUSH), *check, str(folder), f"{scheme}://{registry.host}", str(authority), IMAGE]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_pushed_once(secure: RealRegistry, tmp_path: Path, certificates: Certificates) -> None:
    told = f"pushed {secure.host}/{IMAGE}\n"
    assert (push(secure, tmp_path, certificates.ca, "--check").stdout, secure.blobs()) == (told, [])
    assert push(secure, tmp_path, certificates.ca).stdout == told
    assert secure.blobs()
    again = push(secure, tmp_path, certificates.ca)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_another_image_of_that_name_is_pushed(secure: RealRegistry, tmp_path: Path, certificates: Certificates) -> None:
    push(secure, tmp_path, certificates.ca)
    assert docker("import", "--change", "LABEL newer=yes", "-", f"nsfl-lab/{IMAGE}", given=bytes(10240)).returncode == 0
    assert push(secure, tmp_path, certificates.ca).stdout.startswith("pushed ")
    assert push(secure, tmp_path, certificates.ca).stdout == ""


def test_who_cannot_prove_to_be_the_registry_gets_nothing(secure: RealRegistry, tmp_path: Path, certificates: Certificates) -> None:
    done = push(secure, tmp_path, certificates.other)
    assert done.returncode == 1 and f"https://{secure.host} cannot be asked: " in done.stderr and "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert secure.blobs() == []
    assert push(secure, tmp_path, certificates.other, "--check").stdout.startswith("pushed ")


def test_docker_itself_would_not_have_asked(secure: RealRegistry, tmp_path: Path) -> None:
    """What docs/security.md says of it; where this fails, a newer Docker checks, and the page is to say so."""
    assert docker("tag", f"nsfl-lab/{IMAGE}", f"{secure.host}/{IMAGE}").returncode == 0
    assert docker("--config", str(tmp_path), "push", f"{secure.host}/{IMAGE}").returncode == 0
    assert secure.blobs()
