# SPDX-License-Identifier: Apache-2.0
"""Patches, kubeconfigs, readiness, small filters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.component_images import component_images
from ansible_collections.neursafe.fl.plugins.filter.of_kinds import of_kinds
from ansible_collections.neursafe.fl.plugins.filter.planned import planned
from ansible_collections.neursafe.fl.plugins.module_utils._kubeconfig import KubeconfigError, read_access
from ansible_collections.neursafe.fl.plugins.module_utils._patch import merged
from ansible_collections.neursafe.fl.plugins.module_utils._readiness import explain, hint, is_ready, peers, pod_trouble


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": 1, "b": 2}, {"b": None, "c": 3}, {"a": 1, "c": 3}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ([{"name": "x", "v": 1}], [{"name": "y"}], [{"name": "x", "v": 1}, {"name": "y"}]),
        ([{"name": "x", "v": 1, "w": 2}], [{"name": "x", "v": 3}], [{"name": "x", "v": 3, "w": 2}]),
    ],
)
def test_merge_patches(target: Any, patch: Any, result: Any) -> None:
    before = json.dumps(target)
    assert merged(target, patch) == result and json.dumps(target) == before


def kubeconfig(folder: Path, **user: Any) -> str:
    path = folder / "kubeconfig"
    content = {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://k.example:6443/base/", "insecure-skip-tls-verify": True}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(json.dumps(content))
    return str(path)


def test_a_token_and_a_path_below_the_server(tmp_path: Path) -> None:
    access = read_access(kubeconfig(tmp_path, token="t"), None)
    assert access.headers == {"Authorization": "Bearer t"} and (access.server, access.path) == ("https://k.example:6443/base", "/base")


def test_a_plugin_for_credentials_is_run(tmp_path: Path) -> None:
    script = "import json; print(json.dumps({'status': {'token': 'fresh'}}))"
    access = read_access(kubeconfig(tmp_path, exec={"command": "python3", "args": ["-c", script], "apiVersion": "v1"}), "a")
    assert access.headers == {"Authorization": "Bearer fresh"}


@pytest.mark.parametrize(
    ("content", "context", "words"),
    [
        ("{", None, "is not YAML"),
        ("", None, "is empty"),
        ("{contexts: []}", None, "names no current context"),
        ("{current-context: a, contexts: [{name: b}]}", None, "has no context a; it has b"),
        ("{contexts: [{name: b, context: {cluster: x}}]}", "b", "has no cluster x; it has none"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere(tmp_path: Path, content: str, context: str | None, words: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    with pytest.raises(KubeconfigError, match=words):
        read_access(str(path), context)


def test_a_failing_plugin_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="gave no credentials"):
        read_access(kubeconfig(tmp_path, exec={"command": "false"}), None)


def workload(kind: str, status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "w", "namespace": "n", "generation": 1}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("item", "ready"),
    [
        (workload("Deployment", {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}, replicas=1), True),
        (workload("Deployment", {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1}, replicas=1), False),
        (workload("Deployment", {}, replicas=1), False),
        (workload("StatefulSet", {"observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 1}, replicas=1), True),
        (
            workload(
                "DaemonSet", {"observedGeneration": 1, "desiredNumberScheduled": 2, "numberAvailable": 2, "updatedNumberScheduled": 2}
            ),
            True,
        ),
        (
            workload(
                "DaemonSet", {"observedGeneration": 1, "desiredNumberScheduled": 2, "numberAvailable": 1, "updatedNumberScheduled": 2}
            ),
            False,
        ),
        (workload("Job", {"succeeded": 1}), True),
        (workload("Job", {}), False),
    ],
)
def test_readiness(item: dict[str, Any], ready: bool) -> None:
    assert is_ready(item) is ready


@pytest.mark.parametrize(
    ("seen", "cure"),
    [
        ("path /mnt is mounted on /mnt but it is not a shared or slave mount", "make-rshared"),
        ("MountVolume.SetUp failed: hostPath type check failed: /mnt/x is not a directory", "mount the shared storage"),
        ("nginx: [emerg] host not found in upstream", "DNS"),
        ("Env: MODEL_MANAGER_ADDRESS not configure", "lacks a variable"),
        ("Back-off pulling image: ImagePullBackOff", "registry"),
        ("Failed to pull image: tls: failed to verify certificate: x509: certificate signed by unknown authority", "the authority"),
        ('secret "pgsecret" not found', "Secret is missing"),
        ("0/2 nodes are available: 2 Insufficient cpu.", "requests"),
        ("everything is fine", ""),
    ],
)
def test_the_usual_cause(seen: str, cure: str) -> None:
    assert cure in hint(seen) and bool(hint(seen)) is bool(cure)


def test_peers_are_read_off_complaints_only() -> None:
    assert peers("listening on 0.0.0.0:8088\nconnection to db.example:5432 refused\n12:30:45 started") == ["db.example:5432"]
    assert peers('2026-11-24 04:58:42,883 ERROR connection to server at "10.0.0.1", port 5432 failed') == ["10.0.0.1:5432"]


def test_a_pod_that_cannot_be_scheduled() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    assert pod_trouble({"status": {"conditions": [condition]}}) == ["not scheduled: 0/1 nodes are available"]


def test_a_deployment_without_pods_quotes_its_replica_set() -> None:
    event = {"type": "Warning", "reason": "FailedCreate", "message": "violates PodSecurity", "involvedObject": {"name": "w-abc"}}
    lines = explain(workload("Deployment", {}), [], [event], {})
    assert (
        "no pod was created" in lines[0] and any("FailedCreate" in line for line in lines) and any("Pod Security" in line for line in lines)
    )


def test_images_of_components() -> None:
    manifest = {"nsfl-proxy": {"reference": "r/nsfl-proxy@sha256:1"}, "nsfl-selector": "r/selector:2"}
    images = component_images(manifest, {"coordinator": "own:1"}, "r:5000", "7")
    assert images["proxy"] == "r/nsfl-proxy@sha256:1" and images["client_selector"] == "r/selector:2"
    assert images["coordinator"] == "own:1" and images["job_scheduler"] == "r:5000/nsfl-job-scheduler:7"


def test_planned_objects_are_picked_in_order() -> None:
    objects = [{"kind": "Secret"}, {"kind": "Service"}, {"kind": "Deployment"}]
    plan = [{"index": 0, "unchecked": False}, {"index": 2, "unchecked": True}]
    assert planned(objects, plan) == [{"kind": "Secret"}, {"kind": "Deployment"}]
    assert planned(objects, plan, private=True) == [{"kind": "Secret"}]
    assert planned(objects, plan, private=False, check=True) == []


def test_references_carry_no_content() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "s", "namespace": "n", "labels": {}}, "data": {"a": "b"}}
    assert of_kinds([secret], ["Secret"]) == [{"kind": "Secret", "metadata": {"name": "s", "namespace": "n"}}]
