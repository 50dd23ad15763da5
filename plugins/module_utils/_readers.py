# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who in the cluster reads a Secret that has another value now: our own workloads, and those of our other instances beside them."""

from __future__ import annotations

import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import collection_path, title
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._outdated import Place, is_outdated, place, secrets_read, written

Object = dict[str, t.Any]

_MANAGER = "neursafe.fl"
_OURS = f"app.kubernetes.io/managed-by={_MANAGER}"


def outdated_workloads(kube: Kube, workloads: list[Object], times: dict[Place, str]) -> list[str]:
    """Titles of those that run with what a Secret held before it was written, or is about to be. `times`: of the caller's own Secrets."""
    neighbours = _neighbours(kube, workloads, times)
    known = times | _of_others(kube, workloads, times)
    readers = [item for item in workloads + neighbours if secrets_read(item) & set(known)]
    pods = [pod for namespace in {place(item)[0] for item in readers} for pod in pods_in(kube, namespace)]
    return [title(item) for item in readers if is_outdated(item, known, pods)]


def _neighbours(kube: Kube, workloads: list[Object], times: t.Mapping[Place, str]) -> list[Object]:
    """Deployments of other instances, such as a client in the same cluster, that read one of the caller's Secrets."""
    own = {title(item) for item in workloads}
    found = []
    for namespace in sorted({namespace for namespace, _name in times}) if workloads else []:
        items = [{**item, "kind": "Deployment"} for item in _seen(kube, collection_path("Deployment", namespace), _OURS)]
        found += [item for item in items if title(item) not in own and secrets_read(item) & set(times)]
    return found


def _of_others(kube: Kube, workloads: list[Object], times: t.Mapping[Place, str]) -> dict[Place, str]:
    """When Secrets that another instance of ours has written were written; of what is in them nothing is asked."""
    wanted = {secret for item in workloads for secret in secrets_read(item)} - set(times)
    found: dict[Place, str] = {}
    for namespace in sorted({namespace for namespace, _name in wanted}):
        try:
            listed = kube.metadata(collection_path("Secret", namespace), labelSelector=_OURS)
        except KubeError as error:
            if error.status != 403:
                raise
            continue  # not ours to see
        found |= {place(item): written(item, _MANAGER) for item in listed if place(item) in wanted}
    return found


def pods_in(kube: Kube, namespace: str) -> list[Object]:
    return _seen(kube, collection_path("Pod", namespace))


def _seen(kube: Kube, path: str, selector: str = "") -> list[Object]:
    """The items of a list; none where they are not ours to see."""
    try:
        return list(kube.get(path, **({"labelSelector": selector} if selector else {}))["items"])
    except KubeError as error:
        if error.status == 403:
            return []
        raise
