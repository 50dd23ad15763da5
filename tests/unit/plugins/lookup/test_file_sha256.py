# SPDX-License-Identifier: Apache-2.0
"""The lookup file_sha256."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.lookup import file_sha256


def test_each_file_has_its_checksum_and_a_missing_one_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "program").write_bytes(content)
    monkeypatch.setenv("HOME", str(tmp_path))
    plugin = file_sha256.LookupModule()
    plugin.set_options = lambda var_options, direct: None
    assert plugin.run(["~/program", str(tmp_path / "none")]) == [hashlib.sha256(content).hexdigest(), ""]
