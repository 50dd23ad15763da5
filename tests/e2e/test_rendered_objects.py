# SPDX-License-Identifier: Apache-2.0
"""What the checks let through, the API server takes: accepted mutations of sound settings, sent to the lab in a dry run.

Everything goes into a namespace of its own, so that neither names nor rights of the running platform play a part.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from conftest import ROOT
from platform_hands import STATE, kubectl

# This process asks the API server itself, with the collection's own client; the mutations are those of the unit tests.
_AnsibleCollectionFinder(paths=[str(ROOT / "build" / "collections")])._install()
sys.path.append(str(ROOT / "tests" / "unit" / "corpus"))

from ansible_collections.neursafe.fl.plugins.module_utils._kinds import object_path, title
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from corpus import Tree, quick_checksums
from mutations import KINDS, SEED, mutations, outcome

NAMESPACE = "nsfl-corpus"
SAMPLE = 12
# The platform that runs there has the usual ports, which is no fault of the objects.
TAKEN = "provided port is already allocated"


@pytest.fixture(scope="module")
def kube() -> Iterator[Kube]:
    kubectl("create", "namespace", NAMESPACE)
    try:
        yield Kube(str(STATE / "kubeconfig"))
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def accepted(kind: str) -> list[tuple[str, list[Tree]]]:
    """The first mutations of a kind that the checks let through, with their objects."""
    found = ((mutation.what, outcome(mutation)) for mutation in mutations(kind, 400))
    with quick_checksums():
        return list(islice(((what, result.objects) for what, result in found if result.objects), SAMPLE))


def moved(item: Tree) -> Tree:
    """The object in our own namespace."""
    item = deepcopy(item)
    if "namespace" in item["metadata"]:
        item["metadata"]["namespace"] = NAMESPACE
    return item


def refusals(kube: Kube, objects: list[Tree]) -> Iterator[str]:
    """What the API server says against the objects, taken one by one."""
    for item in map(moved, objects):
        try:
            kube.dry_run(object_path(item), item, force=True)
        except KubeError as error:
            if TAKEN not in str(error):
                yield f"{title(item)}: {error}"


def test_the_sample_is_large_enough() -> None:
    assert sum(len(accepted(kind)) for kind in KINDS) >= 50


@pytest.mark.parametrize("kind", KINDS)
def test_the_api_server_takes_what_the_checks_let_through(kube: Kube, kind: str) -> None:
    found = [f"seed {SEED}, {what}: {text}" for what, objects in accepted(kind) for text in refusals(kube, objects)]
    assert found == []
