# SPDX-License-Identifier: Apache-2.0
"""What a network would let through that enforces NetworkPolicies: as Kubernetes defines it, of what ours are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One end of a connection: a pod with its labels in a namespace, or an address outside."""

    name: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    address: str = "203.0.113.77"


def lets_through(policies: list[Object], source: Place, target: Place, port: int, protocol: str = "TCP") -> bool:
    """Both sides have to agree; a pod that no policy selects agrees to all."""
    return _agrees(policies, "Ingress", target, source, port, protocol) and _agrees(policies, "Egress", source, target, port, protocol)


def _agrees(policies: list[Object], direction: str, own: Place, other: Place, port: int, protocol: str) -> bool:
    selecting = [item for item in policies if _selects(item, own) and direction in item["spec"]["policyTypes"]]
    rules = [(rule, item["metadata"]["namespace"]) for item in selecting for rule in item["spec"].get(direction.lower(), [])]
    return not selecting or any(_fits(rule, namespace, direction, other, port, protocol) for rule, namespace in rules)


def _selects(item: Object, place: Place) -> bool:
    return (
        bool(place.namespace) and item["metadata"]["namespace"] == place.namespace and _matches(item["spec"]["podSelector"], place.labels)
    )


def _fits(rule: Object, namespace: str, direction: str, other: Place, port: int, protocol: str) -> bool:
    peers, ports = rule.get("from" if direction == "Ingress" else "to", []), rule.get("ports", [])
    # Left out means all; an empty list would mean the same.
    return (not peers or any(_is(peer, namespace, other) for peer in peers)) and (
        not ports or any(entry.get("protocol", "TCP") == protocol and entry.get("port", port) == port for entry in ports)
    )


def _is(peer: Object, namespace: str, other: Place) -> bool:
    if "ipBlock" in peer:
        return not other.namespace and ip_address(other.address) in ip_network(peer["ipBlock"]["cidr"])
    if not other.namespace:
        return False
    if "namespaceSelector" in peer:
        there = _matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace})
    else:
        there = other.namespace == namespace
    return there and _matches(peer.get("podSelector", {}), other.labels)


def _matches(selector: Object, labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {})
    expressions = {(entry["key"], entry["operator"]) for entry in selector.get("matchExpressions", [])}
    assert {operator for _key, operator in expressions} <= {"Exists", "DoesNotExist"}
    return wanted.items() <= labels.items() and all((key in labels) == (operator == "Exists") for key, operator in expressions)
