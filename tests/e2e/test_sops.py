# SPDX-License-Identifier: Apache-2.0
"""Secrets that sops keeps: as settings, which the vars plugin of community.sops reads, they are what the platform has.

A file of generated secrets cannot be kept so: what stands in it would be taken for the secrets.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from conftest import Run, run_playbook
from platform_hands import BIN, STATE, build_program, output, secret

PLUGIN = {"ANSIBLE_VARS_ENABLED": "host_group_vars,community.sops.sops", "PATH": f"{BIN}:{os.environ['PATH']}"}


class Keeper:
    """A folder of an inventory beside the lab's, whose settings only the owner of a key can read."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "key"
        self._inventory = folder / "inventory"
        (self._inventory / "group_vars" / "all").mkdir(parents=True)
        (self._inventory / "hosts.yml").write_text("all: {}\n")
        output(str(BIN / "age-keygen"), "-o", str(self.key))

    def encrypt(self, path: Path, values: dict[str, str]) -> None:
        path.write_text(yaml.safe_dump(values))
        public = output(str(BIN / "age-keygen"), "-y", str(self.key)).strip()
        output(str(BIN / "sops"), "encrypt", "--age", public, "--in-place", str(path))
        path.chmod(0o600)

    def run(self, given: dict[str, str], *arguments: str, key: Path | None = None) -> Run:
        self.encrypt(self._inventory / "group_vars" / "all" / "secrets.sops.yml", given)
        environment = {**PLUGIN, "SOPS_AGE_KEY_FILE": str(key or self.key)}
        return run_playbook("server", "-i", str(self._inventory), *arguments, env=environment)


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Keeper:
    build_program("sops")
    return Keeper(tmp_path_factory.mktemp("sops"))


def test_security_08_a_secret_that_sops_keeps_is_the_platforms(keeper: Keeper) -> None:
    run = keeper.run({"nsfl_db_password": secret("database_password")})
    assert (run.code, run.changed) == (0, {}), run.output[-4000:]
    assert secret("database_password") not in run.output


def test_security_08_another_one_is_foreseen_and_not_shown(keeper: Keeper) -> None:
    run = keeper.run({"nsfl_db_password": "canary-of-sops"}, "--check", "--diff", "-v")
    assert run.code == 0 and run.changed, run.output[-4000:]
    assert "canary-of-sops" not in run.output


def test_security_08_without_the_key_nothing_is_done(keeper: Keeper, tmp_path: Path) -> None:
    other = tmp_path / "other"
    output(str(BIN / "age-keygen"), "-o", str(other))
    run = keeper.run({"nsfl_db_password": "canary-of-sops"}, key=other)
    assert run.code != 0 and "sops" in run.output
    assert "canary-of-sops" not in run.output and "PLAY RECAP" not in run.output


def test_security_08_a_file_of_generated_secrets_in_it_is_refused(keeper: Keeper, tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    keeper.encrypt(path, yaml.safe_load((STATE / "secrets.yml").read_text(encoding="utf-8")))
    run = keeper.run({}, "-e", f"nsfl_secrets_file={path}")
    assert run.code != 0 and run.changed == {}
    assert f"nsfl_secrets_file: {path} is encrypted with sops; " in run.output, run.output[-4000:]
