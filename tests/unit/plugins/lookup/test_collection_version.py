# SPDX-License-Identifier: Apache-2.0
"""The version that the collection says it is."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from ansible_collections.neursafe.fl.plugins.lookup.collection_version import collection_version

ROOT = Path(__file__).resolve().parents[4]


def test_a_checkout_is_what_its_galaxy_yml_says() -> None:
    assert collection_version()["version"] == yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]


def test_an_installed_collection_is_what_its_manifest_says_and_knows_the_changelogs_releases(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.json").write_text(json.dumps({"collection_info": {"version": "0.2.0"}}), encoding="utf-8")
    assert collection_version(tmp_path) == {"version": "0.2.0", "known": []}
    (tmp_path / "changelogs").mkdir()
    (tmp_path / "changelogs" / "changelog.yaml").write_text("ancestor: null\nreleases:\n  0.1.0: {}\n  0.2.0: {}\n", encoding="utf-8")
    collection_version.cache_clear()
    assert collection_version(tmp_path)["known"] == ["0.1.0", "0.2.0"]
