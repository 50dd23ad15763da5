# SPDX-License-Identifier: Apache-2.0
"""Each thing that keeps a machine from being a lab is found, and said with its remedy."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._lab import problems as lab_problems

SETTINGS: dict[str, Any] = {
    "name": "nsfl-lab",
    "subnet": "10.250.0.0/24",
    "nodes": 2,
    "clients": 1,
    "registry_port": 5000,
    "registry_username": "nsfl",
    "registry_password": "long enough",
}
MACHINE: dict[str, Any] = {
    "system": "debian",
    "architecture": "x86_64",
    "cores": 2,
    "memory_mb": 8000,
    "cache_free_mb": 30000,
    "docker": "20.10.24",
    "docker_driver": "overlay2",
    "docker_free_mb": 30000,
    "networks": {"bridge": ["172.17.0.0/16"], "host": []},
    "first_node_runs": False,
    "go": "1.26.8",
    "go_needed": "1.26.8",
    "to_build": ["traefik"],
    "fuse": True,
    "overlay": True,
    "inotify_instances": 128,
    "inotify_taken": 20,
    "ports": {},
    "commands": {"docker": "/usr/bin/docker", "mmdebstrap": "/m", "openssl": "/o", "dpkg-scanpackages": "/d"},
}


def problems(settings: dict[str, Any] | None = None, machine: dict[str, Any] | None = None) -> list[str]:
    return lab_problems({**SETTINGS, **(settings or {})}, {**MACHINE, **(machine or {})})


def test_a_good_machine_has_none() -> None:
    assert problems() == []
    assert lab_problems(SETTINGS) == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("name", "Lab!"),
        ("subnet", "10.250.0.0/16"),
        ("subnet", "10.250.0.1/24"),
        ("nodes", 0),
        ("nodes", 81),
        ("clients", -1),
        ("registry_port", 0),
        ("registry_username", "a:b"),
        ("registry_password", "short"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, value: Any) -> None:
    found = problems({setting: value})
    assert any(problem.startswith(f"nsfl_lab_{setting}: ") for problem in found)


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in str(problems({"registry_password": "s3cret"}))


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ({"system": "fedora"}, "fedora"),
        ({"architecture": "aarch64"}, "aarch64"),
        ({"cores": 1}, "give it 2"),
        ({"memory_mb": 900}, "take fewer hosts"),
        ({"cache_free_mb": 100}, "nsfl_lab_cache_dir"),
        ({"docker_free_mb": 100}, "docker image prune"),
        ({"docker": ""}, "make setup"),
        ({"docker_driver": "vfs"}, "overlay2"),
        ({"go": "1.24.0"}, "Go 1.26.8 or newer, and Go 1.24.0"),
        ({"go": ""}, "no Go is on PATH"),
        ({"fuse": False}, "modprobe fuse"),
        ({"overlay": False}, "modprobe overlay"),
        ({"inotify_instances": 16}, "sysctl -w"),
        ({"inotify_taken": 120}, "128, of which 120 are taken"),
        ({"commands": {"docker": "/usr/bin/docker"}}, "apt-get install dpkg-dev mmdebstrap openssl"),
        ({"ports": {"5000": {"command": "registry"}}}, "taken by registry"),
        ({"networks": {"other": ["10.250.0.0/16"]}}, "network other"),
        ({"networks": {"nsfl-lab": ["10.9.9.0/24"]}}, "make lab-down"),
    ],
)
def test_what_the_machine_lacks_is_named_once_with_its_remedy(machine: dict[str, Any], words: str) -> None:
    found = problems(machine=machine)
    assert len(found) == 1
    assert words in found[0]


def test_go_is_needed_only_to_build() -> None:
    assert problems(machine={"go": "", "to_build": []}) == []


def test_a_lab_that_runs_does_not_stand_in_its_own_way() -> None:
    running = {
        "first_node_runs": True,
        "ports": {"5000": {"command": "docker-proxy"}},
        "networks": {"nsfl-lab": ["10.250.0.0/24"]},
        "memory_mb": 100,
        "cache_free_mb": 100,
    }
    assert problems(machine=running) == []


def test_all_problems_come_together() -> None:
    assert len(problems({"nodes": 0, "registry_password": ""}, {"cores": 1, "fuse": False})) == 4
