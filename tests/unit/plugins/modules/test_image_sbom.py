# SPDX-License-Identifier: Apache-2.0
"""The module against a registry in a thread, with images made of a few files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._image_sbom import SbomService
from ansible_collections.neursafe.fl.plugins.modules import image_sbom
from image_fake import OCI, STATUS, Images, deb, metadata, packed, sha256
from module_call import answer_of
from registry_fake import ACCOUNT, registry

BASE = packed(
    {
        "usr/lib/os-release": 'ID=debian\nVERSION_ID="12"\n',
        STATUS: deb("libc6", "2.36") + deb("python3", "3.11"),
        "usr/lib/python3/dist-packages/six-1.16.0.egg-info": metadata("six", "1.16.0"),
    }
)
SITE = "opt/venv/lib/python3.11/site-packages"
APP = packed(
    {
        STATUS: deb("libc6", "2.36") + deb("python3", "3.11") + deb("nginx", "1.22"),
        "usr/lib/python3/dist-packages/.wh.six-1.16.0.egg-info": "",
        f"{SITE}/six-1.17.0.dist-info/METADATA": metadata("six", "1.17.0", License="MIT"),
    }
)
Result = dict[str, Any]


class Case:
    """A registry with two images, of which one is the other and a layer more, and calls of the module."""

    def __init__(self, folder: Path, host: str, asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.host, self.asked, self._capsys = folder, host, asked, capsys
        self.has = Images(folder)
        self.base = self.has.image("nsfl-base", [BASE], tag="v1")
        self.app = self.has.image("nsfl-app", [BASE, APP], config={"Labels": {"org.opencontainers.image.revision": "abc"}})
        self.has.blob("nsfl-app", BASE)
        self.images = {"nsfl-base": f"{host}/nsfl-base@{self.base}", "nsfl-app": f"{host}/nsfl-app@{self.app}"}

    def run(self, **changes: Any) -> Result:
        arguments = {"images": self.images, "sbom_dir": str(self.folder / "sbom"), "registry": self.host, **changes}
        return answer_of(image_sbom, self._capsys, arguments)

    def path(self, name: str, digest: str) -> Path:
        return self.folder / "sbom" / f"{name}@{digest.replace(':', '-')}.spdx.json"

    def packages(self, name: str, digest: str) -> dict[str, str]:
        """Versions by package URL without version, of all but the image itself."""
        made = json.loads(self.path(name, digest).read_text())
        return {one["externalRefs"][0]["referenceLocator"].split("@")[0]: one["versionInfo"] for one in made["packages"][1:]}


@pytest.fixture
def case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Case]:
    asked: list[str] = []
    with registry(tmp_path, asked) as host:
        yield Case(tmp_path, host, asked, capsys)


def test_each_image_gets_a_file_that_lists_what_its_layers_add_up_to(case: Case) -> None:
    result = case.run()
    assert result["changed"] and result["missing"] == ["nsfl-app", "nsfl-base"]
    assert result["changes"] == ["list the packages of nsfl-app", "list the packages of nsfl-base"]
    assert result["files"] == {"nsfl-app": str(case.path("nsfl-app", case.app)), "nsfl-base": str(case.path("nsfl-base", case.base))}
    base = {"pkg:deb/debian/libc6": "2.36", "pkg:deb/debian/python3": "3.11", "pkg:pypi/six": "1.16.0"}
    assert case.packages("nsfl-base", case.base) == base
    assert case.packages("nsfl-app", case.app) == {**base, "pkg:deb/debian/nginx": "1.22", "pkg:pypi/six": "1.17.0"}
    made = json.loads(case.path("nsfl-app", case.app).read_text())
    assert made["creationInfo"]["created"] == "2026-01-02T03:04:05Z"
    assert (made["packages"][0]["versionInfo"], made["packages"][0]["sourceInfo"]) == (case.app, "built from revision abc")
    (six,) = (one for one in made["packages"] if one["name"] == "six")
    assert six["licenseDeclared"] == "MIT" and six["externalRefs"][0]["referenceLocator"] == "pkg:pypi/six@1.17.0"
    assert case.path("nsfl-app", case.app).stat().st_mode & 0o777 == 0o644


def test_a_layer_of_several_images_is_read_once(case: Case) -> None:
    case.run()
    layers = [line for line in case.asked if any(sha256(layer) in line for layer in (BASE, APP))]
    assert len(layers) == 2, layers


def test_layers_that_were_read_ahead_are_not_read_again(case: Case) -> None:
    cache = {"cache_dir": str(case.folder / "cache")}
    defaults = {name: option.get("default") for name, option in image_sbom.OPTIONS.items()}
    given = {"images": case.images, "sbom_dir": str(case.folder / "sbom"), "registry": case.host}
    SbomService({**defaults, **given, **cache}, check_mode=False).read_ahead()
    assert not (case.folder / "sbom").exists()
    case.asked.clear()
    assert case.run(**cache)["missing"] == ["nsfl-app", "nsfl-base"]
    assert not [line for line in case.asked if any(sha256(layer) in line for layer in (BASE, APP))]


def test_what_is_there_is_neither_made_nor_asked_for_again(case: Case) -> None:
    case.run()
    before = case.path("nsfl-app", case.app).stat().st_mtime_ns
    case.asked.clear()
    again = case.run()
    assert not again["changed"] and again["missing"] == []
    assert case.asked == [] and case.path("nsfl-app", case.app).stat().st_mtime_ns == before
    case.path("nsfl-app", case.app).unlink()
    assert case.run()["missing"] == ["nsfl-app"]


def test_the_same_image_gives_the_same_bytes_elsewhere(case: Case) -> None:
    case.run()
    digest = case.has.image("mirror/nsfl-app", [BASE, APP], config={"Labels": {"org.opencontainers.image.revision": "abc"}})
    case.run(images={"nsfl-app": f"{case.host}/mirror/nsfl-app@{digest}"}, sbom_dir=str(case.folder / "other"))
    (other,) = (case.folder / "other").iterdir()
    assert other.name == case.path("nsfl-app", case.app).name
    assert other.read_bytes() == case.path("nsfl-app", case.app).read_bytes()


def test_a_layer_that_was_read_once_is_known(case: Case) -> None:
    """Of the second image only its own layer is read, and the result is the same as without a cache."""
    cache = {"cache_dir": str(case.folder / "cache")}
    case.run(images={"nsfl-base": case.images["nsfl-base"]}, **cache)
    case.asked.clear()
    result = case.run(**cache)
    assert [sha256(layer) for layer in (BASE, APP) if any(sha256(layer) in line for line in case.asked)] == [sha256(APP)]
    cached = {Path(path).name: Path(path).read_bytes() for path in result["files"].values()}
    plain = case.run(sbom_dir=str(case.folder / "plain"))
    assert {Path(path).name: Path(path).read_bytes() for path in plain["files"].values()} == cached


@pytest.mark.parametrize("damage", [b"", b"no gzip", gzip.compress(b"[]"), gzip.compress(b"{}"), gzip.compress(b"{}")[:-5]])
def test_what_is_damaged_in_the_cache_is_read_anew(case: Case, damage: bytes) -> None:
    cache = {"cache_dir": str(case.folder / "cache")}
    case.run(**cache)
    kept = sorted((case.folder / "cache/layers").iterdir())
    before = [path.read_bytes() for path in kept]
    for path in kept:
        path.write_bytes(damage)
    case.path("nsfl-app", case.app).unlink()
    assert case.run(**cache)["missing"] == ["nsfl-app"]
    assert [path.read_bytes() for path in kept] == before and len(kept) == 2
    assert case.packages("nsfl-app", case.app)["pkg:pypi/six"] == "1.17.0"


def test_check_mode_says_what_would_be_made_and_reads_no_image(case: Case) -> None:
    unbuilt = {**case.images, "nsfl-new": f"{case.host}/nsfl-new:c-123", "nsfl-unplanned": ""}
    result = case.run(images=unbuilt, _ansible_check_mode=True, _ansible_diff=True)
    assert result["changed"] and result["missing"] == ["nsfl-app", "nsfl-base", "nsfl-new", "nsfl-unplanned"]
    assert result["diff"]["before"] == "" and result["diff"]["after"].count("\n") == 4
    assert not (case.folder / "sbom").exists() and not [line for line in case.asked if "blobs" in line]
    case.run()
    assert case.run(images=unbuilt, _ansible_check_mode=True)["missing"] == ["nsfl-new", "nsfl-unplanned"]
    assert "nsfl-new (" in case.run(images=unbuilt)["msg"] and "nsfl-unplanned (" in case.run(images=unbuilt)["msg"]
    assert not case.run(_ansible_check_mode=True)["changed"]


def test_a_tag_is_taken_for_what_it_names_now(case: Case) -> None:
    assert case.run(images={"nsfl-base": f"{case.host}/nsfl-base:v1"})["files"] == {"nsfl-base": str(case.path("nsfl-base", case.base))}
    assert case.run(images={"nsfl-base": f"{case.host}/nsfl-base:v1@{case.base}"})["changed"] is False
    lost = case.run(images={"nsfl-base": f"{case.host}/nsfl-base:v2"}, labels={"images": "nsfl_images_prebuilt"})
    assert lost["msg"].startswith("nsfl_images_prebuilt: no such image in its registry: nsfl-base (")


def test_the_account_is_used_and_shown_nowhere(case: Case) -> None:
    (case.folder / "locked").touch()
    assert "for no user" in case.run()["msg"]
    result = case.run(registry_username=ACCOUNT[0], registry_password=ACCOUNT[1])
    assert result["changed"]
    assert ACCOUNT[1] not in json.dumps(result) + case.path("nsfl-app", case.app).read_text()


def test_a_layer_elsewhere_is_followed_to_without_the_account(case: Case, tmp_path: Path) -> None:
    """Two hops: within the registry, where the account is wanted still, and to another host, which is not to see it."""
    (case.folder / "locked").touch()
    elsewhere = tmp_path / "elsewhere"
    asked: list[str] = []
    with registry(elsewhere, asked) as host:
        Images(elsewhere).blob("store", APP)
        place = case.folder / "registry/nsfl-app" / sha256(APP)
        place.with_suffix(".moved").write_text("/v2/moved/blobs/layer")
        (case.folder / "registry/moved").mkdir()
        (case.folder / "registry/moved/layer.moved").write_text(f"http://{host}/v2/store/blobs/{sha256(APP)}")
        assert case.run(registry_username=ACCOUNT[0], registry_password=ACCOUNT[1])["changed"]
    assert asked == [f"GET /v2/store/blobs/{sha256(APP)}"]
    assert "GET /v2/moved/blobs/layer with an account" in case.asked
    (case.folder / "registry/moved/layer.moved").write_text("/v2/moved/blobs/layer2")
    (case.folder / "registry/moved/layer2.moved").write_text("/v2/moved/blobs/layer")
    case.path("nsfl-app", case.app).unlink()
    assert "sends from place to place" in case.run(registry_username=ACCOUNT[0], registry_password=ACCOUNT[1])["msg"]


def test_a_platform_is_chosen_of_several(case: Case) -> None:
    arm = case.has.image("nsfl-app", [BASE], architecture="arm64", variant="v8")
    proof = case.has.manifest("nsfl-app", {"mediaType": f"{OCI}manifest.v1+json", "config": {}, "layers": []})
    several = case.has.index("nsfl-app", {"unknown/unknown": proof, "linux/arm64/v8": arm, "linux/amd64": case.app})
    images = {"nsfl-app": f"{case.host}/nsfl-app@{several}"}
    case.run(images=images)
    made = json.loads(case.path("nsfl-app", several).read_text())
    assert made["packages"][0]["versionInfo"] == several and case.app in made["packages"][0]["comment"]
    assert case.packages("nsfl-app", several)["pkg:deb/debian/nginx"] == "1.22"
    case.run(images=images, platform="linux/arm64", sbom_dir=str(case.folder / "arm"))
    (other,) = (case.folder / "arm").iterdir()
    assert f"linux/arm64/v8, {arm}" in other.read_text() and "nginx" not in other.read_text()
    lost = case.run(images=images, platform="linux/s390x", sbom_dir=str(case.folder / "z"), labels={"platform": "nsfl_images_platform"})
    assert lost["msg"].startswith("nsfl_images_platform: ") and "for linux/s390x, but for linux/amd64, linux/arm64/v8;" in lost["msg"]
    only = case.has.index("nsfl-app", {"unknown/unknown": proof, "linux/arm64/v8": arm})
    assert case.run(images={"nsfl-app": f"{case.host}/nsfl-app@{only}"})["changed"], "there is but one"


def test_packages_of_rpm_are_not_passed_over_in_silence(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = case.has.image("nsfl-rpm", [packed({"var/lib/rpm/rpmdb.sqlite": "x"})])
    said: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: said.append(text))
    case.run(images={"nsfl-rpm": f"{case.host}/nsfl-rpm@{digest}"})
    assert said == ["image nsfl-rpm has a database of RPM, which is not read: its packages are not listed"]
    assert "RPM, which is not read" in case.path("nsfl-rpm", digest).read_text()


def test_what_is_wrong_is_said_with_its_image_and_leaves_no_file(case: Case) -> None:
    artifact = case.has.manifest("nsfl-app", {"config": {"digest": sha256(b"")}})
    broken = case.has.image("nsfl-app", [BASE, APP[:-50]])
    cases = {
        f"nsfl-app@{artifact}": "is no image with layers",
        f"nsfl-app@{broken}": f"{case.host}/nsfl-app: layer {sha256(APP[:-50])} cannot be read",
        f"nsfl-app@sha256:{'0' * 64}": f"has no image {case.host}/nsfl-app@sha256:00",
    }
    for reference, words in cases.items():
        result = case.run(images={"nsfl-app": f"{case.host}/{reference}"})
        assert result["failed"] and words in result["msg"], reference
    (case.folder / "registry/nsfl-app" / case.app).write_bytes(b"{}")
    assert "damaged: its content has another checksum" in case.run()["msg"]
    assert not (case.folder / "sbom").exists()


@pytest.mark.parametrize("name", ["../nsfl-app", "", ".hidden", "a/b"])
def test_a_name_that_is_no_file_name_is_refused(case: Case, name: str) -> None:
    assert "is no name for a file" in case.run(images={name: case.images["nsfl-app"]})["msg"]


def test_a_registry_that_is_down_is_said(case: Case) -> None:
    result = case.run(images={"x": f"127.0.0.1:1/x@sha256:{'0' * 64}"}, labels={"registry": "nsfl_images_registry"})
    assert result["msg"].startswith("nsfl_images_registry: registry 127.0.0.1:1 cannot be reached")
