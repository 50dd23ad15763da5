# SPDX-License-Identifier: Apache-2.0
"""A registry with TLS and an account: each builder pushes to it, and what does not fit is told with setting, cause and fix."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_registry import Certificates, RealRegistry, docker_address
from small_site import BUILDERS, Site

DOCKER_CERTIFICATES = Path("/etc/docker/certs.d")


@pytest.fixture
def secure(tmp_path: Path, certificates: Certificates) -> Iterator[RealRegistry]:
    with RealRegistry(tmp_path / "secure", certificates) as running:
        running.settings |= {"registry_scheme": "https", "registry_ca_path": str(certificates.ca)}
        yield running


@pytest.mark.parametrize("builder", BUILDERS)
def test_each_builder_pushes_with_an_authority_of_the_site(site: Site, secure: RealRegistry, builder: str) -> None:
    settings = {**secure.settings, **BUILDERS[builder]}
    base = site.run(settings, {"select": ["nsfl-base"]})
    site.forget()
    assert base["changed"] and site.run(settings)["actions"] == {"nsfl-base": "present", "nsfl-app": "built"}
    assert not site.run(settings, {"builder_path": "/nonexistent"})["changed"]
    assert secure.files()["/app.txt"] == "one"


@pytest.mark.parametrize("builder", BUILDERS)
def test_certificates_can_go_unchecked(site: Site, secure: RealRegistry, builder: str) -> None:
    settings = {**secure.settings, **BUILDERS[builder], "registry_ca_path": None, "validate_certs": False}
    assert site.run(settings)["changed"]
    assert not site.run(settings)["changed"]


def test_what_does_not_fit_is_told(site: Site, secure: RealRegistry, registry: RealRegistry, certificates: Certificates) -> None:
    no_pem, missing = site.tree / "app.txt", site.folder / "missing.pem"
    changes: list[tuple[dict[str, Any], str, str]] = [
        ({"registry_ca_path": str(certificates.other)}, "registry_ca_file: registry localhost:", "is not trusted"),
        ({"registry_ca_path": None}, "registry_ca_file: registry localhost:", "give the file of the authority that signed it"),
        ({"registry_ca_path": str(no_pem)}, f"registry_ca_file: {no_pem} is no file of certificates", "name one in PEM form"),
        ({"registry_ca_path": str(missing)}, f"registry_ca_file: {missing} is no file of certificates (No such file", "PEM"),
        ({"registry": f"127.0.0.1:{secure.port}"}, "registry: registry 127.0.0.1:", "its certificate is for another name"),
        ({"registry_scheme": "auto"}, "registry_scheme: registry localhost:", "refuses plain HTTP; set this to https"),
        ({"registry": registry.host}, "registry_scheme: registry localhost:", "it speaks plain HTTP; set this to http"),
        ({"registry_password": "wrong"}, "registry_password: registry localhost:", "refuses to log in: HTTP 401 for user 'fl'"),
        ({"registry": "localhost:1"}, "registry: registry localhost:1 cannot be reached", "start it, or correct the address"),
    ]
    labels = {"labels": {**site.params["labels"], "registry_ca_path": "nsfl_images_registry_ca_file"}}
    for change, beginning, words in changes:
        (problem,) = site.check(secure.settings, labels, change)["problems"]
        assert problem.startswith(f"nsfl_images_{beginning}") and words in problem, problem


def test_one_that_has_expired_is_told_with_its_end(site: Site, tmp_path: Path, certificates: Certificates) -> None:
    with RealRegistry(tmp_path / "expired", certificates.expired(tmp_path)) as registry:
        change = {"registry_scheme": "https", "registry_ca_path": str(certificates.ca)}
        (problem,) = site.check(registry.settings, change)["problems"]
    assert problem.startswith("nsfl_images_registry: registry localhost:") and "its certificate does not hold now" in problem, problem
    assert "certificate has expired" in problem and "names localhost" in problem and "valid until 2026-01-02" in problem, problem


@pytest.fixture
def remote(tmp_path: Path, certificates: Certificates) -> Iterator[RealRegistry]:
    """Not on the loopback interface, where Docker's daemon would check nothing."""
    with RealRegistry(tmp_path / "remote", certificates, docker_address()) as running:
        running.settings |= {"registry_ca_path": str(certificates.ca)}
        yield running
        shutil.rmtree(DOCKER_CERTIFICATES / running.host, ignore_errors=True)


def test_dockers_daemon_has_to_know_the_authority(site: Site, remote: RealRegistry, certificates: Certificates) -> None:
    (problem,) = site.check(remote.settings, BUILDERS["buildx"])["problems"]
    path = DOCKER_CERTIFICATES / remote.host / "ca.crt"
    assert problem.startswith("nsfl_images_registry_ca_path: the Docker daemon does not know the authority")
    assert problem.endswith(f"copy it to {path}")
    path.parent.mkdir(parents=True)
    shutil.copy(certificates.ca, path)
    assert site.check(remote.settings, BUILDERS["buildx"])["problems"] == []
    assert site.run(remote.settings, BUILDERS["buildx"])["changed"]
    assert site.check(remote.settings)["up_to_date"]


def test_dockers_daemon_has_to_allow_what_is_not_checked(site: Site, remote: RealRegistry) -> None:
    change = {"registry_ca_path": None, "validate_certs": False}
    (problem,) = site.check(remote.settings, BUILDERS["buildx"], change)["problems"]
    assert problem.startswith("nsfl_images_registry_scheme: the Docker daemon pushes to") and "insecure-registries" in problem
    assert site.run(remote.settings, BUILDERS["podman"], change)["changed"]
