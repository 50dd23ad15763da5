# SPDX-License-Identifier: Apache-2.0
"""Security 9 to 11: every container that is rendered, in every layout, has no right too many but for what is said with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._catalogue_2024 import client_components, server_components
from ansible_collections.neursafe.fl.plugins.module_utils._component import Component
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects, server_objects

Object = dict[str, Any]
ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LAYOUTS = ("hostpath", "pvc", "s3pod")
# Not ours to shape: nginx changes to another user, for which root needs these.
ADDED = {"nsfl-proxy": ["SETGID", "SETUID"]}
# An account that a pod shows itself with, and why: it watches Ingresses.
WITH_TOKEN = {"nsfl-api-server"}


def settings(layout: str) -> Object:
    backend = {"type": "s3", "address": "http://192.0.2.4:9000", "bucket": "b", "pvc": "c", "secret_key_ref": {"name": "s"}}
    return {
        **{name: {"image": "i"} for name in ("job_scheduler", "client_selector", "model_manager", "proxy", "data_server")},
        "layout": layout,
        "k8s": {"cluster_dns": "10.96.0.10", "kubectl_image": "kubectl:1"},
        "db": {"address": "192.0.2.3:5432"},
        "storage": {"backend": backend, "claim": {"create": False, "path": "/x"}},
        "task_manager": {"image": "i", "server_address": "192.0.2.1:30091", "external_address": "192.0.2.2:30090"},
    }


def pods(layout: str) -> dict[str, Object]:
    tree = settings(layout)
    objects = server_objects(tree) + client_objects(tree) + api_server_objects({"api_server": {"image": "i"}})
    return {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in objects if item["kind"] == "Deployment"}


def containers(layout: str) -> Iterator[tuple[str, str, Object, Object]]:
    for name, pod in pods(layout).items():
        for container in pod["containers"]:
            yield name, container["name"], pod["securityContext"] | container["securityContext"], container


def components(layout: str) -> dict[str, Component]:
    return {f"nsfl-{one.key.replace('_', '-')}": one for one in (*server_components(layout), *client_components(layout))}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_container_has_limits_and_requests(layout: str) -> None:
    for name, own, _rights, container in containers(layout):
        resources = container["resources"]
        assert {"cpu", "memory"} <= set(resources["limits"]) and {"cpu", "memory"} <= set(resources["requests"]), (name, own)


@pytest.mark.parametrize("layout", ["hostpath", "pvc"])
def test_every_container_gives_up_what_it_does_not_need(layout: str) -> None:
    for name, own, rights, _container in containers(layout):
        assert rights["seccompProfile"] == {"type": "RuntimeDefault"}, (name, own)
        assert rights["allowPrivilegeEscalation"] is False and not rights.get("privileged"), (name, own)
        assert rights["capabilities"]["drop"] == ["ALL"], (name, own)
        assert rights["capabilities"].get("add", []) == (ADDED.get(name, []) if own == name else []), (name, own)


@pytest.mark.parametrize("layout", ["hostpath", "pvc"])
def test_root_and_a_writable_file_system_have_a_reason(layout: str) -> None:
    known = components(layout)
    for name, own, rights, _container in containers(layout):
        # Traefik and the kubectl proxy are no components, and have no excuse.
        reasons = (known[own].root, known[own].writes) if own in known else ("", "")
        assert bool(rights.get("runAsNonRoot")) == (rights.get("runAsUser", 0) != 0) == (not reasons[0]), (name, own)
        assert bool(rights.get("readOnlyRootFilesystem")) == (not reasons[1]), (name, own)


def test_the_page_gives_each_of_those_reasons() -> None:
    every = {name: one for layout in ("hostpath", "pvc") for name, one in components(layout).items()}
    rows = re.findall(r"^\| `(nsfl-[\w-]+)` \| (runs as root|writes) \| (.+?) \|$", PAGE, re.MULTILINE)
    wanted = [(name, "runs as root", one.root) for name, one in every.items() if one.root]
    wanted += [(name, "writes", one.writes) for name, one in every.items() if one.writes]
    assert sorted(rows) == sorted(wanted)


def test_a_privileged_pod_is_rendered_in_the_layout_that_is_never_applied_only() -> None:
    privileged = {layout: {name for name, _own, rights, _container in containers(layout) if rights.get("privileged")} for layout in LAYOUTS}
    assert privileged["hostpath"] == privileged["pvc"] == set() and privileged["s3pod"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_pod_shares_a_namespace_of_its_node_or_opens_a_port_there(layout: str) -> None:
    for name, pod in pods(layout).items():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), name
        assert not [port for container in pod["containers"] for port in container.get("ports", []) if "hostPort" in port], name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_who_asks_kubernetes_has_an_account_and_only_the_controller_its_token(layout: str) -> None:
    with_account = {name for name, pod in pods(layout).items() if "serviceAccountName" in pod}
    assert with_account == {"nsfl-job-scheduler", "nsfl-task-manager"} | WITH_TOKEN
    assert {name for name, pod in pods(layout).items() if pod["automountServiceAccountToken"]} == WITH_TOKEN


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_role_has_a_star_or_secrets_but_the_controllers(layout: str) -> None:
    objects = [*server_objects(settings(layout)), *client_objects(settings(layout))]
    rules = [rule for item in objects for rule in item.get("rules", [])]
    assert rules and not [rule for rule in rules if "*" in str(rule) or "secrets" in rule["resources"]]
    way_in = [rule for item in api_server_objects({}) for rule in item.get("rules", [])]
    assert not [rule for rule in way_in if "*" in str(rule)]
    assert not [
        rule for item in api_server_objects({}) if item["kind"] == "ClusterRole" for rule in item["rules"] if "secrets" in str(rule)
    ]
