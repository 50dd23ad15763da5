# SPDX-License-Identifier: Apache-2.0
"""Security 12 on a network that enforces policies: the platform works, whoever may call whom gets through, and nobody else does.

Needs the converged platform of test_main_job.py, and leaves it so.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import enforcing
import pytest
from conftest import converged
from flows import GUIDES
from platform_hands import kubectl
from reach import FREE, apply


@pytest.fixture(scope="module", autouse=True)
def parties() -> Iterator[None]:
    try:
        GUIDES.bring()
        yield
    finally:
        GUIDES.take_away()


@pytest.fixture(scope="module")
def enforced() -> Iterator[None]:
    try:
        enforcing.start()
        yield
    finally:
        enforcing.stop()


def policy(name: str) -> dict[str, Any]:
    """As the collection has applied it."""
    item = json.loads(kubectl("get", "networkpolicy", name, "-o", "json"))
    kept = {key: item["metadata"][key] for key in ("name", "namespace", "labels", "annotations") if key in item["metadata"]}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": kept, "spec": item["spec"]}


def put(item: dict[str, Any]) -> None:
    apply(item, "--server-side", "--field-manager=neursafe.fl")


def test_security_12_where_nothing_is_enforced_everyone_reaches_everything() -> None:
    """So whatever is refused afterwards is refused by a policy."""
    assert sorted(GUIDES.everything - GUIDES.through()) == []


def test_security_12_all_components_start_under_their_policies(enforced: None) -> None:
    GUIDES.start_anew()


def test_security_12_a_job_finishes_under_the_policies(enforced: None) -> None:
    """With a client in the cluster and one outside, coordinators and executors."""
    assert " FINISHED: " in converged("verify").output


def test_security_12_whoever_may_gets_through_and_nobody_else(enforced: None) -> None:
    assert enforcing.wrong(GUIDES) == ([], [])


def test_security_12_a_flow_that_is_missing_is_noticed(enforced: None) -> None:
    whole = policy("nsfl-client-selector")
    lacking = copy.deepcopy(whole)
    lacking["spec"]["ingress"] = [rule for rule in whole["spec"]["ingress"] if "nsfl-job-scheduler" not in json.dumps(rule)]
    try:
        put(lacking)
        assert enforcing.wrong(GUIDES) == ([], [("job-scheduler", "client-selector")])
    finally:
        put(whole)
    assert enforcing.wrong(GUIDES) == ([], [])


def test_security_12_a_policy_that_lets_others_in_is_noticed(enforced: None) -> None:
    chosen = policy("nsfl-client-selector")["spec"]["podSelector"]
    name = {"name": "reach-too-much", "namespace": "default"}
    spec = {"podSelector": chosen, "policyTypes": ["Ingress"], "ingress": [{}]}
    try:
        apply({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": name, "spec": spec})
        others = [(source, "client-selector") for source in FREE - {"coordinator"}]
        others += [(source, "client-selector, another port") for source in FREE]
        assert enforcing.wrong(GUIDES) == (sorted(others), [])
    finally:
        kubectl("delete", "networkpolicy", "reach-too-much", "--ignore-not-found")


def test_security_12_the_platform_is_as_before() -> None:
    enforcing.stop()
    assert enforcing.left() == {}
    assert sorted(GUIDES.everything - GUIDES.through()) == []
    assert converged("server").changed == converged("client").changed == {}
