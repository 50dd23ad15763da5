# SPDX-License-Identifier: Apache-2.0
"""The lab's inventory is worked out from numbers, and wrong numbers are refused together."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.neursafe.fl.plugins.inventory.lab import lab_hosts


def read(folder: Path, text: str) -> InventoryManager:
    source = folder / "nsfl_lab.yml"
    source.write_text("plugin: neursafe.fl.lab\n" + text, encoding="utf-8")
    return InventoryManager(loader=DataLoader(), sources=[str(source)])


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in ("NAME", "SUBNET", "NODES", "CLIENTS", "REGISTRY_PORT"):
        monkeypatch.delenv(f"NSFL_LAB_{option}", raising=False)


def test_two_nodes_and_a_client_by_default(tmp_path: Path) -> None:
    groups = read(tmp_path, "").get_groups_dict()
    assert groups["nsfl_nodes"] == ["node-1", "node-2"]
    assert groups["nsfl_clients"] == groups["nsfl_cli"] == ["client-1"]
    assert groups["nsfl_object_store"] == groups["nsfl_database"] == ["node-1"]


def test_hosts_are_containers_with_fixed_addresses(tmp_path: Path) -> None:
    host = read(tmp_path, "").get_host("node-2")
    assert host.vars["nsfl_address"] == "10.250.0.12"
    assert host.vars["ansible_host"] == "nsfl-lab-node-2"
    assert host.vars["ansible_connection"] == "community.docker.docker"


def test_settings_reach_the_role(tmp_path: Path) -> None:
    settings = read(tmp_path, "name: other\nsubnet: 10.9.8.0/24\nnodes: 3\nclients: 0\nregistry_port: 5001\n").groups["all"].vars
    assert settings == {
        "nsfl_lab_name": "other",
        "nsfl_lab_subnet": "10.9.8.0/24",
        "nsfl_lab_nodes": 3,
        "nsfl_lab_clients": 0,
        "nsfl_lab_registry_port": 5001,
    }


def test_without_clients_nobody_has_the_command(tmp_path: Path) -> None:
    assert read(tmp_path, "clients: 0\n").get_groups_dict()["nsfl_cli"] == []


def test_the_environment_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NSFL_LAB_NODES", "4")
    assert read(tmp_path, "").groups["all"].vars["nsfl_lab_nodes"] == 4


def test_nodes_and_clients_never_share_an_address() -> None:
    groups = lab_hosts("lab", "10.1.2.0/24", 80, 80)
    addresses = [host["nsfl_address"] for hosts in groups.values() for host in hosts.values()]
    assert len(set(addresses)) == 160
    assert "10.1.2.1" not in addresses


@pytest.mark.parametrize(
    ("subnet", "nodes", "clients", "words"),
    [
        ("10.0.0.0/16", 1, 0, ["subnet", "/24"]),
        ("somewhere", 1, 0, ["subnet", "somewhere"]),
        ("10.0.0.0/24", 0, 0, ["nodes: 0"]),
        ("10.0.0.0/24", 81, 81, ["nodes: 81", "clients: 81"]),
        ("10.0.0.0/8", 0, -1, ["subnet", "nodes", "clients"]),
    ],
)
def test_all_mistakes_are_named_at_once(subnet: str, nodes: int, clients: int, words: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        lab_hosts("lab", subnet, nodes, clients)
    assert [word for word in words if word not in str(caught.value)] == []
