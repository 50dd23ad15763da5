# SPDX-License-Identifier: Apache-2.0
"""The document keeps SPDX's rules, as the library of SPDX's own project checks them, and depends on the image alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_packages import Package, System
from ansible_collections.neursafe.fl.plugins.module_utils._spdx import Image, as_text, document
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
IMAGE = Image("nsfl-proxy", DIGEST, DIGEST, "linux/amd64", "2026-01-02T03:04:05.678901234Z")
DEBIAN = System("debian", "12")
PACKAGES = {
    Package("deb", "g++", "4:12.2.0-3", "amd64", "gcc-defaults 1.203"): ["var/lib/dpkg/status"],
    Package("deb", "libc6", "2.36-9+deb12u10", "amd64"): ["var/lib/dpkg/status"],
    Package("pypi", "Foo_Bar", "1.0", licence="MIT OR (GPL-2.0+ AND Apache-2.0 WITH LLVM-exception)"): ["a.egg-info", "b.egg-info"],
    Package("pypi", "Foo_Bar", "1.0", licence="ISC"): ["c.egg-info"],
}


def complaints(text: str, folder: Path) -> list[str]:
    """What SPDX's library has against a document."""
    path = folder / "checked.spdx.json"
    path.write_text(text)
    return [one.validation_message for one in validate_full_spdx_document(parse_file(str(path)))]


def test_it_keeps_the_rules(tmp_path: Path) -> None:
    text = as_text(document(IMAGE, PACKAGES, DEBIAN))
    assert complaints(text, tmp_path) == []
    assert complaints(text.replace('"CC0-1.0"', '"MIT"'), tmp_path) != []
    assert complaints(text.replace('"ISC"', '"BSD"'), tmp_path) != []


def test_it_describes_the_image_which_contains_the_packages() -> None:
    made = document(IMAGE, PACKAGES, DEBIAN)
    relations = {(one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"]) for one in made["relationships"]}
    described, *packages = made["packages"]
    assert relations == {("SPDXRef-DOCUMENT", "DESCRIBES", described["SPDXID"])} | {
        (described["SPDXID"], "CONTAINS", one["SPDXID"]) for one in packages
    }
    assert (described["name"], described["versionInfo"]) == ("nsfl-proxy", DIGEST)
    assert described["checksums"] == [{"algorithm": "SHA256", "checksumValue": "a" * 64}]
    assert described["externalRefs"][0]["referenceLocator"] == f"pkg:oci/nsfl-proxy@sha256%3A{'a' * 64}?arch=amd64"
    first = packages[0]
    assert first["sourceInfo"] == "from the source package gcc-defaults 1.203; named in /var/lib/dpkg/status"
    assert first["externalRefs"][0]["referenceLocator"] == "pkg:deb/debian/g%2B%2B@4:12.2.0-3?arch=amd64&distro=debian-12"
    assert [one["licenseDeclared"] for one in packages] == [
        "NOASSERTION",
        "NOASSERTION",
        "MIT OR (GPL-2.0+ AND Apache-2.0 WITH LLVM-exception)",
        "ISC",
    ]


def test_the_same_image_gives_the_same_bytes_and_another_one_another_name() -> None:
    assert as_text(document(IMAGE, PACKAGES, DEBIAN)) == as_text(document(IMAGE, dict(PACKAGES), DEBIAN))
    others = [replace(IMAGE, digest=OTHER), replace(IMAGE, name="nsfl-base"), replace(IMAGE, platform="linux/arm64")]
    assert len({document(one, {}, DEBIAN)["documentNamespace"] for one in [IMAGE, *others]}) == 4


@pytest.mark.parametrize(
    ("created", "said"),
    [
        ("2026-01-02T03:04:05.678901234Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+01:00", "1970-01-01T00:00:00Z"),
        ("", "1970-01-01T00:00:00Z"),
        ("yesterday", "1970-01-01T00:00:00Z"),
    ],
)
def test_its_time_is_that_of_the_image(created: str, said: str, tmp_path: Path) -> None:
    made = document(replace(IMAGE, created=created), {}, System())
    assert made["creationInfo"]["created"] == said
    assert complaints(as_text(made), tmp_path) == []


def test_where_the_image_comes_from_is_told_and_no_other_label(tmp_path: Path) -> None:
    labels = {"org.opencontainers.image.revision": "abc", "org.neursafe.fl.content": "def", "password": "canary"}
    text = as_text(document(replace(IMAGE, labels=labels), {}, System()))
    assert json.loads(text)["packages"][0]["sourceInfo"] == "built from revision abc, content def"
    assert "canary" not in text


def test_of_several_platforms_the_listed_one_is_named(tmp_path: Path) -> None:
    text = as_text(document(replace(IMAGE, manifest=OTHER, platform="linux/arm64/v8"), {}, System(), has_rpm=True))
    assert json.loads(text)["packages"][0]["comment"] == f"Listed is its variant for linux/arm64/v8, {OTHER}."
    assert "RPM, which is not read" in json.loads(text)["comment"]
    assert complaints(text, tmp_path) == []
