# SPDX-License-Identifier: Apache-2.0
"""The real builders and a real registry, with a tree whose images are built in a second or two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

_COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
_AnsibleCollectionFinder(paths=[str(_COLLECTIONS)])._install()

from images_role import Role
from real_registry import WITHOUT_ACCOUNT, Certificates, RealRegistry
from small_site import Site


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    """Plain HTTP on the loopback interface, with an account."""
    with RealRegistry(tmp_path / "registry") as running:
        yield running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session", autouse=True)
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A storage of their own for podman and buildah: what a killed build leaves half-written in it stays the test's affair."""
    folder = tmp_path_factory.mktemp("storage")
    settings = folder / "storage.conf"
    settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
        yield


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.forget()


@pytest.fixture
def role(site: Site, tmp_path: Path) -> Iterator[Role]:
    with RealRegistry(tmp_path / "registry", account=WITHOUT_ACCOUNT) as running:
        site.check(running.settings)
        yield Role(site, running)
