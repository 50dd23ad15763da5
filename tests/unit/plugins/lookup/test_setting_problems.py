# SPDX-License-Identifier: Apache-2.0
"""Each setting on its own, as it stands in an inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.neursafe.fl.plugins.lookup.setting_problems import LookupModule


def problems(**variables: Any) -> list[str]:
    trusted = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in variables.items()}
    plugin = LookupModule(loader=DataLoader(), templar=Templar(DataLoader(), variables=trusted))
    plugin.set_options = lambda var_options, direct: None
    return plugin.run([], trusted)


def test_sound_settings_have_no_problem(tmp_path: Path) -> None:
    sound = {"nsfl_root": "/mnt/{{ site }}", "site": "x", "nsfl_proxy_grpc_port": 30091, "nsfl_secrets_file": str(tmp_path / "none.yml")}
    assert problems(**sound) == []


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("nsfl_rot", 1, "nsfl_rot: no role knows a setting of this name; write nsfl_root"),
        ("nsfl_proxy_grpc_port", "{{ 'a' }}bc", "nsfl_proxy_grpc_port: 'abc' is no whole number; write digits only"),
        ("nsfl_root", "/{{ missing }}", "nsfl_root: it refers to missing, which is defined nowhere; define it, or correct the name"),
        ("nsfl_root", "{{ 1 / 0 }}", "nsfl_root: its value cannot be worked out: Error rendering template: division by zero; correct it"),
    ],
)
def test_what_is_wrong_with_one_is_told(name: str, value: Any, problem: str) -> None:
    assert problems(**{name: value}) == [problem]


def test_a_misspelt_reference_is_told_with_the_nearest_name() -> None:
    (problem,) = problems(nsfl_root="{{ nsfl_rooot }}")
    assert "nsfl_root: it refers to nsfl_rooot, which is defined nowhere;" in problem
    assert "write nsfl_root" in problem


def test_braces_in_a_password_are_told_without_the_password() -> None:
    (problem,) = problems(nsfl_db_password="hush{{hush")
    assert problem.startswith("nsfl_db_password: Ansible takes its braces for a template, which is no right one; put the tag !unsafe")
    assert "hush" not in problem


@pytest.mark.parametrize("value", ["{{ nsfl_server_namespace }}", "{{ ansible_facts.nodename }}", "{{ role_path }}/x"])
def test_what_only_a_role_can_work_out_is_left_to_it(value: str) -> None:
    assert problems(nsfl_root=value, ansible_facts={}) == []


@pytest.mark.parametrize(
    ("text", "mode", "cause"),
    [
        ("a: b\n", 0o644, "is open to other users (mode 0644); run chmod 600"),
        ("a: b\n", 0o620, "is open to other users (mode 0620); run chmod 600"),
        ("- a\n", 0o600, "is not a map of names to secrets; restore it"),
        ("database_password: ENC[hush]\nsops: {version: 3.13.3}\n", 0o600, "is encrypted with sops; sops decrypt"),
        ("a: [hush\n", 0o600, "cannot be read"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", 0o644, "give the vault's password"),
    ],
)
def test_a_file_that_cannot_keep_secrets_is_told(tmp_path: Path, text: str, mode: int, cause: str) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text(text)
    path.chmod(mode)
    (problem,) = problems(nsfl_secrets_file=str(path))
    assert problem.startswith(f"nsfl_secrets_file: {path} ")
    assert cause in problem
    assert "hush" not in problem


def test_without_a_name_the_file_is_looked_for_beside_the_inventory(tmp_path: Path) -> None:
    path = tmp_path / ".nsfl-secrets.yml"
    path.mkdir()
    for source in (tmp_path, tmp_path / "hosts.yml"):
        (tmp_path / "hosts.yml").touch()
        assert problems(ansible_inventory_sources=(str(source),)) == [f"nsfl_secrets_file: {path} is no file; name another, or remove it"]
