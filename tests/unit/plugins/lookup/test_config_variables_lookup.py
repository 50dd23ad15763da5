# SPDX-License-Identifier: Apache-2.0
"""The lookup config_variables: the guide's file beside an inventory. How each value is read is tried in plugin_utils."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.neursafe.fl.plugins.lookup import config_variables

GUIDE = Path(__file__).resolve().parents[2] / "configs" / "guide-server-as-printed.json"


def look_up(path: Path | str, variables: dict[str, Any] | None = None, kind: str = "server") -> dict[str, Any]:
    loader = DataLoader()
    plugin = config_variables.LookupModule(loader=loader, templar=Templar(loader=loader))
    plugin.set_options = lambda var_options, direct: None
    plugin.get_option = {"type": kind, "mounted": [], "system_bucket": "nsfl-system"}.get
    (found,) = plugin.run([str(path)], variables or {})
    return found


def test_the_guides_file_becomes_variables() -> None:
    found = look_up(GUIDE)
    assert found["problems"] == [] and found["shape"] == "2022"
    assert found["variables"]["nsfl_db_name"] == "neursafe_fl" and "nsfl_db_name: neursafe_fl" in found["inventory"]


def test_what_the_inventory_sets_holds_and_is_named() -> None:
    found = look_up(GUIDE, {"nsfl_db_name": "another"})
    assert "nsfl_db_name" not in found["variables"]
    assert any("the inventory's nsfl_db_name says something else, and holds" in notice for notice in found["notices"])


def test_a_backend_of_the_inventory_at_another_address_is_named() -> None:
    known = {"groups": {"nsfl_database": ["db-1"]}, "hostvars": {"db-1": {"nsfl_address": "192.0.2.9"}}}
    (notice,) = [text for text in look_up(GUIDE, known)["notices"] if "nsfl_database" in text]
    assert "is no address of the group nsfl_database (192.0.2.9), and holds; set nsfl_db_address" in notice


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read (No such file or directory)"), (b"\xff\xfe", "no text in UTF-8"), (b"{", "line")],
)
def test_a_file_that_cannot_be_used_is_a_problem_with_its_name(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "server_config.json"
    if content is not None:
        path.write_bytes(content)
    found = look_up(path)
    assert found["problems"] and all(problem.startswith("server_config.json, ") for problem in found["problems"])
    assert told in found["problems"][0]
