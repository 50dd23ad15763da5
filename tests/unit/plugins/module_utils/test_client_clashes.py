# SPDX-License-Identifier: Apache-2.0
"""Clients of one run share neither an address nor, in one cluster, names and ports."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.module_utils._client_checks import client_clashes

PORT = {"setting": "nsfl_client_port", "value": "30090", "scope": "~/.kube/config"}


def test_the_same_port_of_one_cluster_is_told_to_both() -> None:
    claims = {"a": [PORT], "b": [PORT], "c": [{**PORT, "value": "30093"}]}
    assert client_clashes(claims, "a") == ["nsfl_client_port: 30090 is also that of b; give each client its own"]
    assert client_clashes(claims, "b") == ["nsfl_client_port: 30090 is also that of a; give each client its own"]
    assert client_clashes(claims, "c") == []


def test_clusters_do_not_stand_in_each_others_way() -> None:
    assert client_clashes({"a": [PORT], "b": [{**PORT, "scope": "~/.kube/other"}]}, "a") == []
