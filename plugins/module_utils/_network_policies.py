# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One NetworkPolicy for each component: its flows and nothing else.

A policy selects a component's own pods, never a namespace as a whole, because coordinators run among other people's pods. Those pods,
and coordinators and executors themselves, carry no label that is ours, so they stay as the cluster has them.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.neursafe.fl.plugins.module_utils._flows import ANYONE, COORDINATORS, DNS, DNS_PORTS, EXECUTORS, KUBERNETES, Flow
from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree, lookup

Object = dict[str, Any]

_MANAGED = "app.kubernetes.io/managed-by"
_PORTS = {"http": 80, "https": 443}
_MONGO = 27017


def policy(tree: Tree, flows: tuple[Flow, ...], key: str, metadata: Object, egress: bool = True) -> Object:
    """What `key` may be asked by and, with `egress`, whom it may ask. The kubelet's probes need no rule: a node reaches its own pods."""
    # What others do may hang on settings that this tree does not have.
    apt = [flow for flow in flows if key in (flow.source, flow.target) and _holds(tree, flow)]
    spec: Object = {
        "podSelector": _pods(tree, key),
        "policyTypes": ["Ingress"],
        "ingress": [rule for flow in apt if flow.target == key for rule in _rules(tree, flow.source, flow.port, "from")],
    }
    if egress:
        spec["policyTypes"].append("Egress")
        spec["egress"] = [rule for flow in apt if flow.source == key for rule in _rules(tree, flow.target, flow.port, "to")]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def _holds(tree: Tree, flow: Flow) -> bool:
    return flow.layout in ("", tree.get("layout", "")) and all(lookup(tree, path) for path in flow.when)


def _rules(tree: Tree, party: str, port: str | int, side: str) -> list[Object]:
    """The rules for one flow: several where the other side has several addresses."""
    if party == DNS:
        return [{"ports": [{"protocol": protocol, "port": number} for protocol in ("UDP", "TCP") for number in DNS_PORTS]}]
    if party == KUBERNETES:
        return [{"ports": [_tcp(number) for number in _kubernetes_ports(tree)]}]
    if "." in party:
        return [{**_block(tree, host), "ports": [_tcp(number)]} for host, number in places(str(lookup(tree, party)))]
    ports = [_tcp(port if isinstance(port, int) else int(lookup(tree, port)))] if port else [{"protocol": "TCP"}]
    return [{"ports": ports} if party == ANYONE else {side: [_peer(tree, party)], "ports": ports}]


def _tcp(port: int) -> Object:
    return {"protocol": "TCP", "port": port}


def _kubernetes_ports(tree: Tree) -> list[int]:
    """That of the address, and those behind the Service."""
    address = str(tree["k8s"].get("address", ""))
    own = [int(address.rpartition(":")[2])] if ":" in address else []
    return sorted({*own, *map(int, tree["k8s"]["kubernetes_ports"])})


def _peer(tree: Tree, party: str) -> Object:
    if party not in (COORDINATORS, EXECUTORS):
        return {"podSelector": _pods(tree, party)}
    # Made by the components themselves: coordinators have the label app, of executors it is not known, and neither has ours.
    marks: list[Object] = [{"key": _MANAGED, "operator": "DoesNotExist"}]
    if party == COORDINATORS:
        marks.insert(0, {"key": "app", "operator": "Exists"})
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": tree["k8s"]["work_namespace"]}}
    return {"namespaceSelector": namespace, "podSelector": {"matchExpressions": marks}}


def _pods(tree: Tree, key: str) -> Object:
    return {"matchLabels": {"app": tree[key]["service_name"], _MANAGED: "neursafe.fl"}}


def _block(tree: Tree, host: str) -> Object:
    """An address outside the cluster. Names and the cluster's nodes are none that each network can tell, so there the port has to do."""
    try:
        address = ip_address(host)
    except ValueError:
        return {}
    return {} if host in tree["k8s"]["nodes"] else {"to": [{"ipBlock": {"cidr": f"{address}/{address.max_prefixlen}"}}]}


def places(address: str) -> list[tuple[str, int]]:
    """Hosts and ports of `host:port`, a URL, or the URI of a MongoDB with one or more hosts."""
    scheme, found, rest = address.partition("://")
    if not found:
        host, _colon, port = address.rpartition(":")
        return [(host, int(port))]
    if scheme in _PORTS:
        url = urlsplit(address)
        return [(url.hostname or "", url.port or _PORTS[scheme])]
    hosts = [host.rpartition(":") if ":" in host else (host, "", _MONGO) for host in rest.split("/")[0].split(",")]
    return [(host, int(port)) for host, _colon, port in hosts]
