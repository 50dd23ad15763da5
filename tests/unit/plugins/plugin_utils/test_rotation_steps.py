# SPDX-License-Identifier: Apache-2.0
"""The module secret_rotation as a playbook calls it: what it writes, what it refuses, and that it shows nothing."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.action.secret_rotation import given_settings

ROOT = Path(__file__).resolve().parents[4]
OLD = {"s3_secret_key": "canary-s3", "database_password": "canary-db", "registry_password": "canary-registry"}
# As in the lab: a setting that takes the generated secret gives none.
SETTINGS = {"nsfl_registry_password": "{{ lookup('neursafe.fl.secret', 'registry_password') }}"}


class Site:
    """An inventory with a file of secrets, and one task on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file, self.beside = folder, folder / "secrets.yml", folder / "secrets.yml.rotation"
        self.settings: dict[str, Any] = {**SETTINGS, "nsfl_secrets_file": str(self.file)}
        self.file.touch(mode=0o600)
        self.file.write_text(yaml.safe_dump(OLD), encoding="utf-8")

    def step(self, state: str, *names: str, options: tuple[str, ...] = ()) -> dict[str, Any]:
        """Its result; no canary is ever in the output."""
        arguments = {"state": state, "names": list(names)}
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"neursafe.fl.secret_rotation": arguments}]}
        book = self.folder / "play.yml"
        book.write_text(yaml.safe_dump([play]), encoding="utf-8")
        inventory = self.folder / "hosts.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {"node": {}}, "vars": self.settings}}), encoding="utf-8")
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl", "ANSIBLE_DISPLAY_FAILED_STDERR": "0"}
        command = ["ansible-playbook", "-vvv", "--diff", "-i", str(inventory), str(book), *options]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert "canary" not in run.stdout + run.stderr
        events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"')]
        (result,) = [
            host for event in events if event["_event"].startswith("v2_runner_on_") for host in event["hosts"].values() if "changed" in host
        ]
        return dict(result)

    @property
    def values(self) -> dict[str, str]:
        return dict(yaml.safe_load(self.file.read_text(encoding="utf-8")))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_from_the_announcement_to_the_end(site: Site) -> None:
    announced = site.step("announced")
    assert announced["changed"] and announced["names"] == ["s3_secret_key", "database_password", "registry_password"]
    assert announced["begun"] == [] and announced["ahead"] == ["s3_secret_key", "database_password"]
    assert site.values == OLD and site.beside.stat().st_mode & 0o777 == 0o600
    assert site.step("begun", *announced["names"])["changed"]
    new = site.values
    assert new.keys() == OLD.keys() and not set(new.values()) & set(OLD.values())
    assert site.step("announced", "database_password")["begun"] == announced["names"]
    assert site.step("ended", *announced["names"])["changed"]
    assert site.values == new and not site.beside.exists()
    assert not site.step("ended", *announced["names"])["changed"]


def test_check_mode_names_them_and_writes_nothing(site: Site) -> None:
    looked = site.step("announced", options=("--check",))
    assert looked["changed"] and len(looked["names"]) == 3
    assert site.values == OLD and not site.beside.exists()


def test_what_the_inventory_gives_is_left_and_told(site: Site) -> None:
    site.settings["nsfl_db_password"] = "given"
    result = site.step("announced")
    assert result["names"] == ["s3_secret_key", "registry_password"]
    told = "database_password: nsfl_db_password is given by the inventory; change it there and run playbooks/server.yml"
    assert result["kept"] == [told]


def test_an_encrypted_file_is_refused(site: Site) -> None:
    site.file.write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n")
    site.settings = {"nsfl_secrets_file": str(site.file)}
    result = site.step("announced")
    assert result["failed"] and f"nsfl_secrets_file: {site.file} is encrypted" in result["msg"] and "ansible-vault decrypt" in result["msg"]
    assert not site.beside.exists()


def test_a_secret_counts_as_given_when_any_host_has_another_value() -> None:
    hostvars = {
        "localhost": {},
        "node": {"nsfl_database_password": "other", "nsfl_s3_secret_key": "canary-s3", "nsfl_registry_password": ""},
    }
    assert dict(given_settings(hostvars, OLD)) == {"database_password": "nsfl_database_password"}
