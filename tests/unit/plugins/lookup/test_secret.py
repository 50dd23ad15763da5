# SPDX-License-Identifier: Apache-2.0
"""The secret lookup: generated once, private from the start, never beside vaulted text."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.neursafe.fl.plugins.lookup import secret
from ansible_collections.neursafe.fl.plugins.plugin_utils import _rotation, _secrets_file


class AsItIs:
    """A templar of values without templates."""

    def template(self, value: Any) -> Any:
        return value


def look_up(path: Path, *names: str, former: bool = False, **variables: Any) -> list[str]:
    plugin: Any = secret.LookupModule(loader=DataLoader())
    plugin._templar = AsItIs()
    plugin._load_name = plugin.ansible_name = "neursafe.fl.secret"
    plugin.set_options = lambda var_options, direct: None
    plugin.get_option = {"file": str(path), "length": 32, "former": former}.__getitem__
    return plugin.run(list(names), variables)


def test_a_secret_is_generated_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "made" / "secrets.yml"
    first = look_up(path, "database_password", "proxy_token")
    assert look_up(path, "proxy_token", "database_password") == first[::-1]
    assert len(set(first)) == 2
    assert all(len(value) == 32 and value.isalnum() for value in first)


def test_the_file_and_its_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "made" / "secrets.yml"
    look_up(path, "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_given_value_is_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text("a: 'with: {{ braces }} and \"quotes\"'\n")
    assert look_up(path, "a") == ['with: {{ braces }} and "quotes"']


@pytest.mark.parametrize("name", ["ansible_check_mode", "__nsfl_only_looks"])
def test_check_mode_and_preflight_write_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / "secrets.yml"
    assert look_up(path, "a", **{name: True}) == [secret.PLACEHOLDER]
    assert not path.exists()


def test_clear_text_is_never_added_to_a_vaulted_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    path.write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n")
    with pytest.raises(AnsibleLookupError, match="encrypted and lacks b"):
        secret.ensure(str(path), ["b"], 32, lambda: {"a": "1"})
    assert path.read_text() == "$ANSIBLE_VAULT;1.1;AES256\n00\n"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secrets.yml"
    look_up(path, "a")
    before = path.read_text()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_secrets_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        look_up(path, "b")
    assert path.read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secrets.yml", "secrets.yml.lock"]


def test_a_former_value_is_known_while_a_renewal_lasts(tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    _secrets_file.write_private(str(path), {"a": "old"})
    _rotation.write_pending(str(path), {"a": {"old": "old", "new": "new"}})
    assert look_up(path, "a") == ["old"] and look_up(path, "a", former=True) == ["old"]
    with pytest.raises(AnsibleLookupError, match="b is not under renewal"):
        look_up(path, "b", former=True)


def test_a_preflight_asks_with_what_is_to_come(tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    _secrets_file.write_private(str(path), {"a": "old", "b": "old"})
    _rotation.write_pending(str(path), {"a": {"old": "old", "new": "new"}, "b": {"old": "old", "new": "new"}})
    assert look_up(path, "a", "b", __nsfl_renewed_ahead=["a", "c"]) == ["new", "old"]
