# SPDX-License-Identifier: Apache-2.0
"""Images copied from one registry to another with TLS and an account: the same digests, and nothing twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_registry import WITHOUT_ACCOUNT, Certificates, RealRegistry
from small_site import BUILDERS, Site


@pytest.fixture
def air_gapped(tmp_path: Path, certificates: Certificates) -> Iterator[RealRegistry]:
    with RealRegistry(tmp_path / "air_gapped", certificates) as running:
        running.settings |= {"registry_scheme": "https", "registry_ca_path": str(certificates.ca), "mirror": True, "catalogue": []}
        yield running


def digests(result: dict[str, Any]) -> dict[str, str]:
    return {name: entry["digest"] for name, entry in result["images"].items()}


def test_a_mirror_has_the_same_digests(
    site: Site, registry: RealRegistry, air_gapped: RealRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = site.run(registry.settings, BUILDERS["buildah"])
    images = {"nsfl-base": built["images"]["nsfl-base"]["image"], "nsfl-app": built["images"]["nsfl-app"]["reference"]}
    mirror = {**air_gapped.settings, "prebuilt": images, "manifest_file": str(site.folder / "mirror.json")}
    (problem,) = (text for text in site.check(mirror)["problems"] if "refuses" in text)
    assert "for no user" in problem, "the registry they come from wants an account"

    auth = base64.b64encode(":".join([registry.settings["registry_username"], registry.settings["registry_password"]]).encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert site.run(mirror, check_mode=True)["actions"] == {"nsfl-base": "copied", "nsfl-app": "copied"}
    assert not (site.folder / "mirror.json").exists()
    first = site.run(mirror)
    assert digests(first) == digests(built)
    assert all(entry["reference"].startswith(f"{air_gapped.host}/nsfl-") for entry in first["images"].values())
    assert not site.run(mirror)["changed"]
    assert site.check(mirror)["up_to_date"]
    assert air_gapped.files()["/app.txt"] == "one"

    (site.tree / "app.txt").write_text("two")
    newer = site.run(registry.settings, BUILDERS["buildah"])
    mirror["prebuilt"] = {**images, "nsfl-app": newer["images"]["nsfl-app"]["reference"]}
    assert site.run(mirror)["actions"] == {"nsfl-base": "present", "nsfl-app": "copied"}


def test_what_is_named_by_digest_and_there_needs_no_source(site: Site, air_gapped: RealRegistry, tmp_path: Path) -> None:
    with RealRegistry(tmp_path / "source", account=WITHOUT_ACCOUNT) as source:
        built = site.run(source.settings, BUILDERS["buildah"])
        images = {name: entry["reference"] for name, entry in built["images"].items()}
        lost = {**images, "nsfl-app": f"{source.host}/nsfl-app:lost"}
        (problem,) = (text for text in site.check(air_gapped.settings, {"prebuilt": lost})["problems"] if "no such" in text)
        assert problem.startswith("nsfl_images_prebuilt: no such image in its registry: nsfl-app ")
        assert site.run(air_gapped.settings, {"prebuilt": images})["changed"]
    assert not site.run(air_gapped.settings, {"prebuilt": images})["changed"]


def test_without_skopeo_nothing_is_begun(site: Site, registry: RealRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = site.run(registry.settings, BUILDERS["buildah"])["images"]["nsfl-base"]["image"]
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = {**registry.settings, "registry": f"{registry.host}/mirror", "prebuilt": {"nsfl-base": image}, "mirror": True}
    (problem,) = site.check(settings)["problems"]
    assert problem == "nsfl_images_mirror: skopeo is not installed on the controller; install it, or have the images built"
