# SPDX-License-Identifier: Apache-2.0
"""A renewal of secrets: what is chosen, and that each step can be the last one before the next run."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.plugin_utils import _rotation as rotation
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_names

ROOT = Path(__file__).resolve().parents[4]
VALUES = {"s3_secret_key": "s-old", "database_password": "d-old", "proxy_token": "p-old"}


def new() -> Iterator[str]:
    return iter(f"new-{number}" for number in range(9))


def test_each_kind_has_roles_that_prove_it_and_settings_that_exist() -> None:
    for kind in rotation.kinds().values():
        for role in kind.roles:
            assert f"'{kind.name}'" in (ROOT / "roles" / role / "tasks" / "renewed.yml").read_text(encoding="utf-8")
        assert set(kind.settings) <= known_names()


def test_each_secret_that_is_generated_is_a_kind() -> None:
    files = [path for room in ("roles", "playbooks", "inventories") for path in (ROOT / room).rglob("*.yml")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    named = set(re.findall(r"lookup\('neursafe\.fl\.secret', '(\w+)'", text))
    assert named and named <= set(rotation.kinds())


def test_without_a_wish_it_is_all_that_was_generated() -> None:
    names, problems = rotation.chosen([], VALUES, {"database_password": "nsfl_db_password"})
    assert names == ["s3_secret_key", "proxy_token"] and problems == []


@pytest.mark.parametrize(
    ("asked", "given", "said"),
    [
        (["datenbank"], {}, "nsfl_rotate: there is no secret datenbank; known are s3_root_password, "),
        (["proxy_token"], {"proxy_token": "nsfl_server_proxy_token"}, "nsfl_server_proxy_token is given by the inventory; change it there"),
        (["registry_password"], {}, "this platform has none that was generated"),
        ([], dict.fromkeys(VALUES, "nsfl_x"), "nothing to renew"),
    ],
)
def test_a_wish_that_cannot_be_met_is_a_problem(asked: list[str], given: dict[str, str], said: str) -> None:
    names, problems = rotation.chosen(asked, VALUES, given)
    assert names == [] and len(problems) == 1 and said in problems[0] and problems[0].startswith("nsfl_rotate: ")


def test_killed_before_it_has_begun_it_goes_on_with_the_same_new_values() -> None:
    first = rotation.announced(["proxy_token"], VALUES, {}, {}, new().__next__)
    again = rotation.announced(["proxy_token"], VALUES, {}, first, lambda: "another")
    assert again == first == {"proxy_token": {"old": "p-old", "new": "new-0"}}


def test_what_was_only_announced_and_is_not_asked_for_any_more_is_forgotten() -> None:
    first = rotation.announced(["proxy_token"], VALUES, {}, {}, new().__next__)
    assert list(rotation.announced(["database_password"], VALUES, {}, first, lambda: "x")) == ["database_password"]


def test_what_was_begun_is_finished_with_the_old_value_still_known() -> None:
    first = rotation.announced(["proxy_token"], VALUES, {}, {}, new().__next__)
    values = rotation.begun(VALUES, first)
    assert values == {**VALUES, "proxy_token": "new-0"}
    then = rotation.announced(["database_password"], values, {}, first, lambda: "x")
    assert then == {"database_password": {"old": "d-old", "new": "x"}, "proxy_token": {"old": "p-old", "new": "new-0"}}
    assert rotation.begun(values, then)["proxy_token"] == "new-0"


def test_a_value_that_somebody_has_changed_meanwhile_is_the_old_one() -> None:
    first = rotation.announced(["proxy_token"], VALUES, {}, {}, new().__next__)
    then = rotation.announced(["proxy_token"], {**VALUES, "proxy_token": "by-hand"}, {}, first, lambda: "x")
    assert then["proxy_token"]["old"] == "by-hand"


def test_a_token_of_the_cluster_keeps_its_first_old_value_and_never_gets_into_the_file() -> None:
    first = rotation.announced(["service_account_token"], VALUES, {"service_account_token": "t-old"}, {}, new().__next__)
    then = rotation.announced(["service_account_token"], VALUES, {"service_account_token": "t-new"}, first, lambda: "x")
    assert then == first == {"service_account_token": {"old": "t-old", "new": ""}}
    assert rotation.begun(VALUES, then) == VALUES


def test_the_file_beside_is_private_and_goes_when_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "secrets.yml"
    rotation.write_pending(str(path), {"proxy_token": {"old": "a", "new": "b"}})
    beside = tmp_path / "secrets.yml.rotation"
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600 and rotation.read_pending(str(path)) == yaml.safe_load(beside.read_text())
    rotation.write_pending(str(path), {})
    assert list(tmp_path.iterdir()) == [] and rotation.read_pending(str(path)) == {}
