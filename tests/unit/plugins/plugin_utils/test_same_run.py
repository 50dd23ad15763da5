# SPDX-License-Identifier: Apache-2.0
"""Another ansible-playbook gets what this one was given, and secrets in files of its owner alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.vault import VaultSecret
from ansible_collections.neursafe.fl.plugins.plugin_utils._same_run import environment, options

NO_PASSWORDS = SimpleNamespace(become_pass="", password="")
NO_VAULT = SimpleNamespace(_vault=SimpleNamespace(secrets=[]))


def words(folder: Path, vault: Any = NO_VAULT, passwords: Any = NO_PASSWORDS, **given: Any) -> list[str]:
    return options(given, vault, passwords, folder)


def test_inventories_and_variables_keep_their_order(tmp_path: Path) -> None:
    found = words(
        tmp_path, inventory=("a", "b,"), extra_vars=("x=1", "@file.yml", '{"y": 2}'), subset="node-1,localhost", become=True, tags=["all"]
    )
    assert found == [
        "--inventory=a",
        "--inventory=b,",
        "--extra-vars=x=1",
        "--extra-vars=@file.yml",
        '--extra-vars={"y": 2}',
        "--limit=node-1,localhost",
        "--become",
    ]


def test_nothing_given_is_nothing_handed_on(tmp_path: Path) -> None:
    assert words(tmp_path, inventory=None, extra_vars=(), subset=None, become=False, private_key_file=None) == []


def test_passwords_are_handed_on_in_files(tmp_path: Path) -> None:
    secret = VaultSecret(b"canary-vault")
    vault = SimpleNamespace(_vault=SimpleNamespace(secrets=[("default", secret), ("site", VaultSecret(b"canary-site"))]))
    found = words(tmp_path, vault, SimpleNamespace(become_pass="canary-sudo", password=""))
    assert found == [
        f"--vault-id=default@{tmp_path}/vault-0",
        f"--vault-id=site@{tmp_path}/vault-1",
        f"--become-password-file={tmp_path}/become-password-file",
    ]
    assert "canary" not in " ".join(found).replace(str(tmp_path), "")
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"canary-sudo", b"canary-vault", b"canary-site"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_callbacks_of_the_caller_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANSIBLE_CALLBACKS_ENABLED", "timer")
    found = environment(tmp_path / "record")
    assert found["ANSIBLE_CALLBACKS_ENABLED"] == "timer,neursafe.fl.record"
    assert found["NSFL_RECORD_FILE"] == str(tmp_path / "record")
