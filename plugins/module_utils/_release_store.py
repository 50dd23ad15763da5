# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where releases are kept: Secrets of the platform's namespace."""

from __future__ import annotations

import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import collection_path, object_path
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube
from ansible_collections.neursafe.fl.plugins.module_utils._release import NUMBER, OF, Summary, digest, name, summaries
from ansible_collections.neursafe.fl.plugins.module_utils._release_path import refusal

Object = dict[str, t.Any]


def listed(kube: Kube, instance: str, namespace: str) -> list[Summary]:
    """All of them, without their content."""
    return list(summaries(kube.metadata(collection_path("Secret", namespace), labelSelector=f"{OF}={instance}")))


def read(kube: Kube, instance: str, namespace: str, number: int) -> Object | None:
    """The Secret of one."""
    return kube.find(_path(instance, namespace, number))


def write(kube: Kube, secret: Object, keep: int) -> None:
    """Add one, and forget the oldest beyond `keep`."""
    metadata = secret["metadata"]
    instance, namespace = metadata["labels"][OF], metadata["namespace"]
    kube.post(collection_path("Secret", namespace), secret)
    older = [item for item in listed(kube, instance, namespace) if item.number < int(metadata["labels"][NUMBER])]
    for item in older[: max(0, len(older) + 1 - keep)]:
        forget(kube, instance, namespace, item.number)


def forget(kube: Kube, instance: str, namespace: str, number: int) -> None:
    kube.delete(_path(instance, namespace, number))


def _path(instance: str, namespace: str, number: int) -> str:
    return str(object_path({"kind": "Secret", "metadata": {"name": name(instance, number), "namespace": namespace}}))


def judged(latest: Summary | None, collection: Object, objects: list[Object], instance: str) -> tuple[bool, list[str]]:
    """Whether the latest release is what is wanted now, and whether this version of the collection takes it on at all."""
    if latest is None:
        return False, []
    problem = refusal(latest.version, collection["version"], collection["known"])
    same = latest.version == collection["version"] and latest.digest == digest(objects, instance)
    return same, [problem] if problem else []
