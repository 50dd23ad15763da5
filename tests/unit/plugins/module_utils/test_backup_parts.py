# SPDX-License-Identifier: Apache-2.0
"""The folder of a backup, and the objects in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _backup_set as sets
from ansible_collections.neursafe.fl.plugins.module_utils import _objects
from ansible_collections.neursafe.fl.plugins.module_utils._objects import Saved


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "backups" / "one"
    begun = sets.begin(path)
    (begun / "objects").mkdir()
    (begun / "objects" / "x").write_text("content")
    sets.complete(path, {"layout": "hostpath"})
    return path


def test_it_has_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "one"
    begun = sets.begin(path)
    assert not path.exists()
    assert begun.name.startswith(".")
    sets.complete(path, {})
    assert path.is_dir()
    assert not begun.exists()


def test_only_the_owner_reads_it(made: Path) -> None:
    modes = {path.stat().st_mode & 0o777 for path in made.rglob("*") if path.is_file()}
    assert (modes, made.stat().st_mode & 0o777, (made / "objects").stat().st_mode & 0o777) == ({0o600}, 0o700, 0o700)


def test_the_manifest_says_what_was_told_and_the_checksums(made: Path) -> None:
    manifest = sets.verified(made)
    assert (manifest["format"], manifest["layout"], list(manifest["files"])) == (1, "hostpath", ["objects/x"])


def test_what_a_killed_run_left_goes_and_complete_ones_stay(made: Path) -> None:
    sets.begin(made.parent / "two")
    sets.begin(made.parent / "three")
    assert [path.name for path in sets.leftovers(made.parent)] == [".three.part"]
    assert sets.discard(made.parent)
    assert not sets.discard(made.parent)
    sets.verified(made)
    with pytest.raises(sets.BackupError, match="is gone"):
        sets.complete(made.parent / "three", {})


def test_a_backup_is_never_written_over(made: Path) -> None:
    with pytest.raises(sets.BackupError, match="is there already"):
        sets.begin(made)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: (path / "objects" / "x").write_text("other"), "objects/x has another content"),
        (lambda path: (path / "objects" / "x").unlink(), "objects/x is missing"),
        (lambda path: (path / "y").write_text(""), "y is not of the backup"),
        (lambda path: (path / "manifest.json").unlink(), "is no complete backup"),
        (lambda path: (path / "manifest.json").write_text("{"), "cannot be read"),
        (lambda path: (path / "manifest.json").write_text(json.dumps({"format": 2, "files": {}})), "has format 2"),
    ],
    ids=["changed", "missing", "surplus", "no manifest", "broken manifest", "later format"],
)
def test_what_is_wrong_with_it_is_told(made: Path, harm: object, said: str) -> None:
    harm(made)  # type: ignore[operator]
    with pytest.raises(sets.BackupError, match=said):
        sets.verified(made)


def saved(key: str, sha256: str = "a", size: int = 1, **metadata: str) -> Saved:
    return Saved(key, size, sha256, metadata=metadata)


def test_an_index_comes_back_as_it_was() -> None:
    objects = [saved("a\u2028b", mode="33188"), saved("folder/", size=0)]
    assert _objects.read_index(_objects.index_text(objects)) == objects


def test_another_text_is_no_index() -> None:
    with pytest.raises(_objects.NotABackupError):
        _objects.read_index('{"key": "a"}\n')


def test_user_metadata_is_taken_out_of_the_headers() -> None:
    headers = {"X-Amz-Meta-Mode": "33188", "ETag": "x", "x-amz-meta-uid": "0"}
    assert _objects.user_metadata(headers) == {"mode": "33188", "uid": "0"}


def test_equal_objects_are_left_alone_whenever_they_were_written() -> None:
    steps = _objects.difference([saved("a", mode="1", mtime="1")], {"a": saved("a", mode="1", mtime="2")})
    assert not steps
    assert steps.foreign == []


def test_another_mode_is_put_right_and_no_other_data() -> None:
    steps = _objects.difference([saved("a", mode="1")], {"a": saved("a", mode="2")})
    assert [one.key for one in steps.put] == ["a"]
    assert steps.foreign == []


def test_objects_of_somebody_else_are_named() -> None:
    found = {"a": saved("a", "other"), "b": saved("b"), "folder/": saved("folder/", size=0)}
    steps = _objects.difference([saved("a"), saved("c")], found)
    assert ([one.key for one in steps.put], steps.delete, steps.foreign) == (["a", "c"], ["b"], ["a", "b"])


def test_room_that_is_gone_is_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = sets.begin(tmp_path / "one")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        sets.complete(tmp_path / "one", {})
    assert begun.exists()
    assert not (tmp_path / "one").exists()
