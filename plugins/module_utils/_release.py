# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release is what once ran: rendered objects and files, and the version of the collection that made them. Pure functions.

Each is kept as a Secret beside the platform, because a setting that somebody has put a password into is rendered with it.
"""

from __future__ import annotations

import gzip
import json
import typing as t
from base64 import b64decode, b64encode
from hashlib import sha256

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import title

Object = dict[str, t.Any]

OF, NUMBER = "neursafe.fl/release-of", "neursafe.fl/release"  # labels
VERSION, DIGEST, NOTE, IMAGES = (f"neursafe.fl/{name}" for name in ("version", "digest", "note", "images"))  # annotations
# What is never removed is not brought back either: others keep their data in it.
KEPT = ("Namespace", "PersistentVolume", "PersistentVolumeClaim")


class Summary(t.NamedTuple):
    """What is said of a release without opening it."""

    number: int
    version: str
    digest: str
    note: str
    created: str
    images: dict[str, str]

    def line(self) -> str:
        """For people."""
        images = ", ".join(f"{name} {image}" for name, image in sorted(self.images.items()))
        return f"{self.number} of {self.created}, neursafe.fl {self.version}, by {self.note}: {images}"


def summaries(secrets: t.Iterable[Object]) -> list[Summary]:
    """The recorded releases, the latest last."""
    return sorted(_summary(item["metadata"]) for item in secrets)


def _summary(metadata: Object) -> Summary:
    notes = metadata.get("annotations") or {}
    images = json.loads(notes.get(IMAGES) or "{}")
    number = int(metadata["labels"][NUMBER])
    return Summary(
        number, notes.get(VERSION, ""), notes.get(DIGEST, ""), notes.get(NOTE, ""), metadata.get("creationTimestamp", ""), images
    )


def digest(objects: t.Sequence[Object], instance: str) -> str:
    """Tells whether the objects of one instance are those of a record. Passwords may differ: they are not part of a release."""
    return sha256(
        json.dumps([_without_values(item) for item in objects if of_instance(item, instance)], sort_keys=True).encode()
    ).hexdigest()


def of_instance(item: Object, instance: str) -> bool:
    return bool((item["metadata"].get("labels") or {}).get("app.kubernetes.io/instance") == instance)


def _is_of_now(item: Object) -> bool:
    """Passwords, keys, and by whom services are known: whatever a release had, the services have those of now."""
    authorities = (item["metadata"].get("labels") or {}).get("app.kubernetes.io/component") == "authorities"
    return item["kind"] == "Secret" or (item["kind"] == "ConfigMap" and authorities)


def _without_values(item: Object) -> Object:
    return {**item, "data": sorted(item.get("data") or {})} if _is_of_now(item) else item


def images_of(objects: t.Sequence[Object]) -> dict[str, str]:
    """The image of each Deployment's first container."""
    made = (item for item in objects if item["kind"] == "Deployment")
    return {item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]["image"] for item in made}


def name(instance: str, number: int) -> str:
    return f"{instance}.v{number}"


def record(instance: str, namespace: str, number: int, content: Object, note: str) -> Object:
    """The Secret of a release; `content` has version, objects and files."""
    packed = gzip.compress(json.dumps(content, sort_keys=True).encode(), mtime=0)
    labels = {OF: instance, NUMBER: str(number), "app.kubernetes.io/part-of": "neursafe-fl", "app.kubernetes.io/component": "release"}
    annotations = {
        VERSION: content["version"],
        DIGEST: digest(content["objects"], instance),
        NOTE: note,
        IMAGES: json.dumps(images_of(content["objects"]), sort_keys=True),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name(instance, number), "namespace": namespace, "labels": labels, "annotations": annotations},
        "type": "neursafe.fl/release.v1",
        "data": {"release": b64encode(packed).decode()},
    }


def content_of(secret: Object) -> Object:
    """Version, objects and files of a release."""
    content: Object = json.loads(gzip.decompress(b64decode(secret["data"]["release"])))
    return content


def is_same(secret: Object, content: Object) -> bool:
    """Whether recording would say nothing new."""
    known = content_of(secret)
    return all(_comparable(known[key]) == _comparable(content[key]) for key in ("version", "objects", "files"))


def _comparable(value: t.Any) -> t.Any:
    return [_without_values(item) if "kind" in item else item for item in value] if isinstance(value, list) else value


def brought_back(rendered: list[Object], release: Object, instance: str) -> list[Object]:
    """The objects of a recorded release, with the passwords and keys of now: those are what database and store know."""
    now = {title(item): item for item in rendered if _is_of_now(item)}
    kept = [item for item in rendered if item["kind"] in KEPT]
    recorded = [item for item in release["objects"] if of_instance(item, instance) and item["kind"] not in KEPT]
    return kept + [now.get(title(item), item) for item in recorded]
