# SPDX-License-Identifier: Apache-2.0
"""The layers of the platform come in one order, whichever playbook brings them; and playbooks hold no logic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))


def load(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def imported(name: str) -> list[str]:
    """The playbooks that one consists of, down to those that have plays."""
    parts: list[str] = []
    for play in load(ROOT / "playbooks" / f"{name}.yml"):
        inner = play.get("ansible.builtin.import_playbook")
        if inner:
            stem = Path(inner).stem
            parts += imported(stem) or [stem]
    return parts


def test_a_restore_brings_the_layers_of_the_server_in_their_order_and_the_data_between() -> None:
    layers = imported("server")
    assert layers[:2] == ["lock", "preflight"] and layers[-1] == "release"
    restored = imported("restore")
    # The database has to be there for its rows, and the components start after it. What is brought back is no new release.
    assert restored.index("restore_data") == restored.index("database") + 1
    assert [layer for layer in restored if layer != "restore_data"] == layers[:-1]


def test_an_upgrade_brings_what_the_components_stand_on_as_the_server_does() -> None:
    layers = imported("server")
    assert imported("upgrade") == layers[: layers.index("images") + 1]


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: str(path.stem))
def test_its_first_comment_says_what_it_does(path: Path) -> None:
    said = [line for line in path.read_text(encoding="utf-8").partition("---\n")[0].splitlines() if "SPDX" not in line]
    assert len(" ".join(said)) > 30


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: str(path.stem))
def test_a_play_is_named_and_short(path: Path) -> None:
    for play in load(path):
        assert play["name"][0].isupper()
        assert len(play.get("tasks", [])) <= 7
