# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shared tree of the layout pvc: a volume over the bucket that every node has mounted, and the claim that takes it."""

from __future__ import annotations

from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._labels import labels
from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree

Object = dict[str, Any]

# Volume and claim have to name a size, and nobody measures it on a bucket.
_SIZE = "1Ti"


def claim_objects(tree: Tree) -> list[Object]:
    """Both, each naming the other, so that no other claim takes the volume; nothing where the claim is the site's own."""
    if tree["layout"] != "pvc" or not tree["storage"]["claim"]["create"]:
        return []
    name, namespace = tree["storage"]["backend"]["pvc"], tree["k8s"]["namespace"]
    volume = volume_name(tree)
    both: Object = {"accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeMode": "Filesystem"}
    marks = labels(tree, name, "storage")
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume, "labels": marks},
            "spec": {
                **both,
                "capacity": {"storage": _SIZE},
                # N6: a folder that is not there is an event that names it, not an empty folder.
                "hostPath": {"path": tree["storage"]["claim"]["path"], "type": "Directory"},
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": name, "namespace": namespace},
                "persistentVolumeReclaimPolicy": "Retain",
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": namespace, "labels": marks},
            "spec": {**both, "volumeName": volume, "resources": {"requests": {"storage": _SIZE}}},
        },
    ]


def volume_name(tree: Tree) -> str:
    """Volumes are of the whole cluster, where two installations may have claims of one name."""
    return f"{tree['storage']['backend']['pvc']}.{tree['k8s']['namespace']}"
