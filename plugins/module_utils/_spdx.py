# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A document of SPDX 2.3 about an image and its packages. The same image gives the same bytes, whenever and wherever it is made."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from ansible_collections.neursafe.fl.plugins.module_utils._image_packages import Package, System, purl

# Part of a document's identity: to be raised when the same image gets another document.
_EDITION = 1
_TOOL = f"neursafe.fl.image_sbom-{_EDITION}"
_NO_TIME = "1970-01-01T00:00:00Z"
_IMAGE_ID = "SPDXRef-Image"
_UNKNOWN = "NOASSERTION"
_COMMENT = "Packages as dpkg, apk and Python's installers note them in the image. What was copied or compiled into it is not listed."
_NO_RPM = " It has a database of RPM, which is not read."
# What our builds note of where an image comes from.
_ORIGIN = {"org.opencontainers.image.revision": "revision", "org.neursafe.fl.content": "content"}
Document = dict[str, t.Any]


@dataclass(frozen=True)
class Image:
    """One image for one platform. `digest` is what it is named by; `manifest` is another where that names images for several platforms."""

    name: str
    digest: str
    manifest: str
    platform: str
    created: str
    labels: t.Mapping[str, str] = field(default_factory=dict)


def document(image: Image, packages: t.Mapping[Package, t.Sequence[str]], system: System, has_rpm: bool = False) -> Document:
    """The image is what is described; it contains the packages."""
    listed = [_package(package, places, system) for package, places in packages.items()]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", _IMAGE_ID), *((_IMAGE_ID, "CONTAINS", one["SPDXID"]) for one in listed)]
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{_TOOL}/{image.name}@{image.digest}/{image.platform}")
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": image.name,
        # What SPDX proposes to those who have no site for their documents.
        "documentNamespace": f"https://spdx.org/spdxdocs/{image.name}-{identity}",
        "creationInfo": {"created": _time(image.created), "creators": [f"Tool: {_TOOL}"]},
        "comment": _COMMENT + (_NO_RPM if has_rpm else ""),
        "packages": [_described(image), *listed],
        "relationships": [
            {"spdxElementId": one, "relationshipType": relation, "relatedSpdxElement": other} for one, relation, other in relations
        ],
    }


def as_text(made: Document) -> str:
    """As it stands in a file."""
    return json.dumps(made, indent=1) + "\n"


def _described(image: Image) -> Document:
    architecture = image.platform.split("/")[1]
    locator = f"pkg:oci/{quote(image.name.lower())}@{quote(image.digest, safe='')}?arch={quote(architecture)}"
    origin = [f"{word} {image.labels[label]}" for label, word in _ORIGIN.items() if label in image.labels]
    variant = f"Listed is its variant for {image.platform}, {image.manifest}." if image.manifest != image.digest else ""
    return {
        **_plain(_IMAGE_ID, image.name, image.digest, locator),
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": "SHA256", "checksumValue": image.digest.partition(":")[2]}],
        **({"sourceInfo": f"built from {', '.join(origin)}"} if origin else {}),
        **({"comment": variant} if variant else {}),
    }


def _package(package: Package, places: t.Sequence[str], system: System) -> Document:
    locator = purl(package, system)
    # A name may have letters that an identifier may not; and the same package may be there with two licences.
    mark = hashlib.sha256(f"{locator} {package.source} {package.licence}".encode()).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9.-]", "-", package.name)
    source = f"from the source package {package.source}; " if package.source else ""
    return {
        **_plain(f"SPDXRef-{package.kind}-{name}-{mark}", package.name, package.version, locator),
        "licenseDeclared": package.licence or _UNKNOWN,
        "sourceInfo": f"{source}named in {', '.join(f'/{place}' for place in places)}",
    }


def _plain(identifier: str, name: str, version: str, locator: str) -> Document:
    """What every package of a document has; of files, copyright and concluded licences nothing is claimed."""
    return {
        "SPDXID": identifier,
        "name": name,
        "versionInfo": version,
        "supplier": _UNKNOWN,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": _UNKNOWN,
        "copyrightText": _UNKNOWN,
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}],
    }


def _time(created: str) -> str:
    """When the image was made, as SPDX writes times; a fixed one where the image does not say."""
    try:
        moment = datetime.fromisoformat(created)
        moment = moment.astimezone(UTC) if moment.utcoffset() else moment
    except (ValueError, OverflowError):
        return _NO_TIME
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
