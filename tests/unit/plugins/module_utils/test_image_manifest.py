# SPDX-License-Identifier: Apache-2.0
"""What a run does to images, in words that name digests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_manifest import Manifest

OLD = {"a": {"image": "r/a:1", "digest": "sha256:aaaaaaaaaaaaaaaa"}, "b": {"image": "r/b:1", "digest": "sha256:bbbbbbbbbbbbbbbb"}}
NEW = {"image": "r/b:2", "digest": "sha256:cccccccccccccccc"}


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "images.json").write_text(json.dumps(OLD), encoding="utf-8")
    return Manifest(tmp_path / "images.json")


def test_nothing_is_said_of_what_stays(manifest: Manifest) -> None:
    assert manifest.news(OLD, {"a": "present", "b": "present"}) == []


@pytest.mark.parametrize(
    ("wanted", "action", "said"),
    [
        ({**OLD, "b": NEW}, "present", "name b sha256:cccccccccccc, so far sha256:bbbbbbbbbbbb"),
        ({**OLD, "b": {**NEW, "digest": "(built in the real run)"}}, "built", "build b, so far sha256:bbbbbbbbbbbb"),
        ({**OLD, "b": NEW}, "copied", "copy b sha256:cccccccccccc, so far sha256:bbbbbbbbbbbb"),
        (OLD, "tagged", "tag b sha256:bbbbbbbbbbbb"),
        ({"a": OLD["a"]}, "", "forget b"),
    ],
)
def test_what_changes_is_said_with_its_digests(manifest: Manifest, wanted: dict[str, dict[str, str]], action: str, said: str) -> None:
    assert manifest.news(wanted, {"a": "present", **({"b": action} if action else {})}) == [said]


def test_a_first_build_has_no_digest_yet(tmp_path: Path) -> None:
    wanted = {"a": {"image": "r/a:1", "digest": "(built in the real run)"}}
    assert Manifest(tmp_path / "none.json").news(wanted, {"a": "built"}) == ["build a"]
