# SPDX-License-Identifier: Apache-2.0
"""Security 12: whoever may call whom by the contract gets through, and nobody else does; other people's pods are not touched.

The lab's network enforces nothing, so what the policies mean is worked out here, for every pair of ends and every port.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._network_policies import places
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects, server_objects
from policies import Object, Place, lets_through

DATABASE, STORE, NODE, ELSEWHERE, SERVER = "192.0.2.3", "192.0.2.4", "192.0.2.9", "198.51.100.1", "198.51.100.50"
WEB, SECURE, PING, DATA, DATA_DOOR = 8000, 8443, 8080, 30088, 8444
SCHEDULER, SELECTOR, MANAGER, GRPC, HTTP, TASKS = 8088, 50055, 50057, 30091, 30092, 30090
COORDINATOR, OWN_COORDINATOR, EXECUTOR = 50051, 50999, 8050
PORTS = {WEB, SECURE, PING, DATA, DATA_DOOR, SCHEDULER, SELECTOR, MANAGER, GRPC, HTTP, TASKS, COORDINATOR, OWN_COORDINATOR, EXECUTOR}
PORTS |= {22, 53, 443, 5353, 5432, 6443, 8001, 9000, 9001, 27017}


def settings(layout: str, namespace: str, **more: dict[str, Any]) -> Object:
    tree: Object = {
        "layout": layout,
        "k8s": {"namespace": namespace, "cluster_dns": "10.96.0.10", "nodes": [NODE]},
        "db": {"address": f"{DATABASE}:5432"},
        "storage": {"address": f"http://{STORE}:9000", "backend": {"type": "posix", "pvc": "c"}, "claim": {"create": False, "path": "/x"}},
        "task_manager": {"image": "i", "server_address": f"{SERVER}:{GRPC}", "external_address": "198.51.100.2:30090"},
    }
    return {**tree, **{key: {**tree.get(key, {}), **value} for key, value in more.items()}}


def of(objects: list[Object]) -> list[Object]:
    return [item for item in objects if item["kind"] == "NetworkPolicy"]


def rendered(layout: str = "hostpath", namespace: str = "fl", provider: str = "traefik", **more: dict[str, Any]) -> list[Object]:
    tree = settings(layout, namespace, **more)
    way_in = {"provider": provider, "k8s": {"namespace": namespace}, **{key: more.get(key, {}) for key in ("api_server", "data_server")}}
    return of(server_objects(tree) + client_objects(tree) + api_server_objects(way_in))


def own(name: str, namespace: str) -> Place:
    return Place(name.removeprefix("nsfl-"), namespace, {"app": name, "app.kubernetes.io/managed-by": "neursafe.fl"})


def ends(layout: str, namespace: str) -> list[Place]:
    """Ours, what ours make, strangers among them and elsewhere, and addresses outside."""
    work = "default" if layout == "hostpath" else namespace
    names = ("job-scheduler", "client-selector", "model-manager", "proxy", "task-manager", "api-server")
    pods = [own(f"nsfl-{name}", namespace) for name in names + (("data-server",) if layout == "pvc" else ())]
    made = [Place("coordinator", work, {"app": "default-job1"}), Place("executor", work, {"app": "train-job1"})]
    strangers = [Place("stranger", namespace, {"run": "x"}), Place("neighbour", "other", {"app": "nsfl-proxy"})]
    outside = [Place("database", address=DATABASE), Place("store", address=STORE), Place("server", address=SERVER)]
    return [*pods, *made, *strangers, *outside, Place("node", address=NODE), Place("internet", address=ELSEWHERE)]


def allowed(policies: list[Object], layout: str, namespace: str) -> set[tuple[str, str, int]]:
    """All that gets through to or from a pod of ours."""
    places_ = ends(layout, namespace)
    ours = {place.name for place in places_ if place.labels.get("app.kubernetes.io/managed-by")}
    pairs = [(a, b) for a in places_ for b in places_ if a is not b and {a.name, b.name} & ours]
    return {(a.name, b.name, port) for a, b in pairs for port in PORTS if lets_through(policies, a, b, port)}


def expected(layout: str, namespace: str, provider: str) -> set[tuple[str, str, int]]:
    """The contract, in this test's own words. Executors are pods of the same kind as coordinators, and cannot be told from them."""
    everyone = {place.name for place in ends(layout, namespace)}
    made = {"coordinator", "executor"}
    open_to_all = {("proxy", GRPC), ("task-manager", TASKS)}
    open_to_all |= {("data-server", DATA)} if layout == "pvc" else set()
    open_to_all |= {("api-server", WEB)} if provider == "traefik" else {("job-scheduler", SCHEDULER), ("model-manager", MANAGER)}
    flows = {("job-scheduler", "proxy", HTTP), ("job-scheduler", "client-selector", SELECTOR), ("job-scheduler", "model-manager", MANAGER)}
    flows |= {(name, "job-scheduler", SCHEDULER) for name in made} | {(name, "client-selector", SELECTOR) for name in made}
    flows |= {("proxy", "client-selector", SELECTOR)} | {("proxy", name, port) for name in made for port in PORTS}
    # Whoever is in the namespace of the work and has no mark of ours may be an executor.
    flows |= {("task-manager", name, EXECUTOR) for name in made | ({"stranger"} if layout == "pvc" or namespace == "default" else set())}
    flows |= {(name, "database", 5432) for name in ("job-scheduler", "model-manager", "task-manager")}
    flows |= {("task-manager", "server", GRPC)}
    flows |= {("model-manager", "store", 9000)} if layout == "hostpath" else set()
    if provider == "traefik":
        flows |= {("api-server", "job-scheduler", SCHEDULER), ("api-server", "model-manager", MANAGER)}
    # Wherever the cluster's DNS and its API are: a port that no pod of ours lets anyone in at.
    asking = {"job-scheduler": {53, 5353, 443, 6443}, "task-manager": {53, 5353, 443, 6443}, "proxy": {53, 5353}}
    asking |= {"model-manager": {53, 5353}, "api-server": {443, 6443} if provider == "traefik" else set()}
    foreign = everyone - OURS - {"coordinator", "executor"}
    flows |= {(name, other, port) for name, ports in asking.items() for port in ports for other in foreign | made}
    senders = {name for name in everyone if name not in OURS}
    flows |= {(name, target, port) for target, port in open_to_all for name in senders}
    if provider != "traefik":
        # Nobody has made a policy for a controller that is not there.
        flows = {flow for flow in flows if "api-server" not in flow[:2]}
    return flows


OURS = {"job-scheduler", "client-selector", "model-manager", "proxy", "task-manager", "api-server", "data-server"}
CASES = pytest.mark.parametrize(
    ("layout", "namespace", "provider"),
    [
        ("hostpath", "default", "traefik"),
        ("hostpath", "fl", "traefik"),
        ("hostpath", "fl", "ingress"),
        ("hostpath", "fl", "nodeport"),
        ("pvc", "fl", "traefik"),
    ],
)


@CASES
def test_the_contracts_flows_get_through_and_no_others(layout: str, namespace: str, provider: str) -> None:
    found = allowed(rendered(layout, namespace, provider), layout, namespace)
    if provider != "traefik":
        found = {flow for flow in found if "api-server" not in flow[:2]}
    wanted = expected(layout, namespace, provider)
    assert (sorted(found - wanted), sorted(wanted - found)) == ([], [])


@CASES
def test_every_component_has_one_and_no_pod_of_others_is_selected(layout: str, namespace: str, provider: str) -> None:
    policies = rendered(layout, namespace, provider)
    selected = {item["spec"]["podSelector"]["matchLabels"]["app"] for item in policies}
    assert {name.removeprefix("nsfl-") for name in selected} == OURS - ({"data-server"} if layout == "hostpath" else set()) - (
        set() if provider == "traefik" else {"api-server"}
    )
    assert all(item["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/managed-by"] == "neursafe.fl" for item in policies)
    # In default, coordinators run among the pods of whoever else is there.
    strangers = [Place("a", namespace, {}), Place("b", namespace, {"app": "x"}), Place("c", "default", {"app": "default-job1"})]
    outside = Place("internet", address=ELSEWHERE)
    for stranger in strangers:
        assert all(lets_through(policies, stranger, outside, port) and lets_through(policies, outside, stranger, port) for port in PORTS)


def test_the_policies_fit_the_pods_that_are_rendered_with_them() -> None:
    tree = settings("pvc", "fl")
    objects = server_objects(tree) + client_objects(tree) + api_server_objects({"k8s": {"namespace": "fl"}})
    pods = {item["metadata"]["name"]: item["spec"]["template"]["metadata"]["labels"] for item in objects if item["kind"] == "Deployment"}
    for name, labels in pods.items():
        chosen = [item for item in of(objects) if item["spec"]["podSelector"]["matchLabels"].items() <= labels.items()]
        assert any(item["spec"]["policyTypes"] == ["Ingress", "Egress"] for item in chosen), name


def test_they_are_labelled_named_and_ordered_like_the_other_objects() -> None:
    objects = server_objects(settings("hostpath", "fl"))
    kinds = [item["kind"] for item in objects]
    assert max(i for i, kind in enumerate(kinds) if kind == "NetworkPolicy") < kinds.index("Deployment")
    marks = ("app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of")
    (deployed,) = {tuple(item["metadata"]["labels"][mark] for mark in marks) for item in objects if item["kind"] == "Deployment"}
    assert {tuple(item["metadata"]["labels"][mark] for mark in marks) for item in of(objects)} == {deployed}
    names = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in rendered()]
    assert len(set(names)) == len(names)


def test_they_can_be_left_out() -> None:
    off = {"k8s": {"network_policies": False}}
    tree = settings("hostpath", "fl", **off)
    assert of(server_objects(tree) + client_objects(tree)) == of(api_server_objects(off)) == []


def test_the_http_port_of_the_proxy_is_the_schedulers_alone_unless_it_is_shown() -> None:
    found = allowed(rendered(proxy={"external": False, "http_external": True}), "hostpath", "fl")
    assert {flow[0] for flow in found if flow[1:] == ("proxy", HTTP)} == {"job-scheduler"}
    assert ("internet", "proxy", HTTP) in allowed(rendered(proxy={"http_external": True}), "hostpath", "fl")


def test_traefik_takes_https_only_with_a_certificate() -> None:
    secured = allowed(rendered(api_server={"tls_secret": "t"}), "hostpath", "fl")
    assert ("internet", "api-server", SECURE) in secured
    assert ("internet", "api-server", SECURE) not in allowed(rendered(), "hostpath", "fl")


@pytest.mark.parametrize("layout", ["pvc", "s3pod"])
def test_the_data_server_is_traefiks_alone_where_it_is_not_to_be_seen_itself(layout: str) -> None:
    storage = {"backend": {"type": "s3", "pvc": "c", "bucket": "b", "address": f"http://{STORE}:9000"}}

    def reached(**data: bool) -> set[str]:
        found = allowed(rendered(layout, data_server=data, api_server={"tls_secret": "t"}, storage=storage), "pvc", "fl")
        assert (("internet", "api-server", DATA_DOOR) in found) is data.get("https", False)
        return {source for source, target, port in found if (target, port) == ("data-server", DATA)}

    assert reached(external=False, https=True) == {"api-server"}
    assert reached(external=False) == set()
    assert {"internet", "stranger"} <= reached(external=True)


@pytest.mark.parametrize("host", [NODE, "db.example.org"])
def test_of_a_node_or_a_name_only_the_port_is_known(host: str) -> None:
    """No policy can have a name, and networks do not agree on whether a node is an address outside."""
    found = allowed(rendered(db={"address": f"{host}:5432"}), "hostpath", "fl")
    assert {flow[1] for flow in found if flow[0] == "model-manager" and flow[2] == 5432} >= {"node", "database", "internet"}
    assert not {flow for flow in found if flow[0] == "proxy" and flow[1] == "node" and flow[2] == 5432}


def test_a_patch_changes_a_policy_like_any_other_object() -> None:
    patch: Object = {"NetworkPolicy": {"spec": {"egress": [{}]}}}
    found = allowed(rendered(client_selector={"patch": patch}), "hostpath", "fl")
    assert ("client-selector", "internet", 443) in found
    assert ("client-selector", "internet", 443) not in allowed(rendered(), "hostpath", "fl")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.3:5432", [("192.0.2.3", 5432)]),
        ("http://192.0.2.4:9000", [("192.0.2.4", 9000)]),
        ("https://s3.example.org/x", [("s3.example.org", 443)]),
        ("http://[2001:db8::1]", [("2001:db8::1", 80)]),
        ("mongodb://a:1,b/db?replicaSet=r", [("a", 1), ("b", 27017)]),
        ("mongodb+srv://cluster.example.org/db", [("cluster.example.org", 27017)]),
    ],
)
def test_addresses_are_taken_apart(address: str, found: list[tuple[str, int]]) -> None:
    assert places(address) == found


def test_an_address_with_ipv6_is_a_block_of_its_own() -> None:
    (policy,) = [
        item for item in rendered(storage={"address": "http://[2001:db8::1]:9000"}) if item["metadata"]["name"] == "nsfl-model-manager"
    ]
    assert {"to": [{"ipBlock": {"cidr": "2001:db8::1/128"}}], "ports": [{"protocol": "TCP", "port": 9000}]} in policy["spec"]["egress"]
