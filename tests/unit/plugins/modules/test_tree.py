# SPDX-License-Identifier: Apache-2.0
"""The module `tree`, run as Ansible runs it, against real folders."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._tree import Tree
from ansible_collections.neursafe.fl.plugins.modules import tree
from ansible_collections.neursafe.fl.plugins.plugin_utils._in_process import answer
from module_call import answer_of


def call(capsys, root, entries, check=False, **options):
    arguments = {"root": str(root), "entries": entries, "_ansible_check_mode": check, "_ansible_diff": True, **options}
    return answer_of(tree, capsys, arguments)


def mode_of(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


ENTRIES = [
    {"path": "a/b", "mode": "0750"},
    {"path": "a/b/file.txt", "state": "file", "content": "one\n", "mode": "0640"},
    {"path": "c/raw", "state": "file", "content_base64": base64.b64encode(b"\x00\xff").decode()},
    {"path": "gone", "state": "absent"},
]


def test_makes_everything_once(capsys, tmp_path):
    root = tmp_path / "root"
    first = call(capsys, root, ENTRIES)
    assert first["changed"] and not first.get("failed"), first
    assert mode_of(root / "a/b") == "0750" and mode_of(root / "a") == "0755"
    assert (root / "a/b/file.txt").read_text() == "one\n" and mode_of(root / "a/b/file.txt") == "0640"
    assert (root / "c/raw").read_bytes() == b"\x00\xff"
    assert sorted(first["changed_paths"]) == sorted(str(root / p) for p in (".", "a", "a/b", "a/b/file.txt", "c", "c/raw"))
    second = call(capsys, root, ENTRIES)
    assert second["changed"] is False and second["changed_paths"] == [] and second["diff"] == []


def test_check_mode_predicts_exactly(capsys, tmp_path):
    root = tmp_path / "root"
    predicted = call(capsys, root, ENTRIES, check=True)
    assert not root.exists()
    real = call(capsys, root, ENTRIES)
    assert sorted(predicted["changed_paths"]) == sorted(real["changed_paths"])
    assert call(capsys, root, ENTRIES, check=True)["changed"] is False


def test_in_the_process_of_the_controller_it_does_and_answers_the_same(capsys, tmp_path, monkeypatch):
    entries = [*ENTRIES, {"path": "key", "state": "file", "content": "secret\n", "sensitive": True}]
    refused = [*entries, {"path": "../outside", "state": "file"}]
    unmounted = {"require_mounts": [str(tmp_path / "no-mount")]}
    roots = [tmp_path / "apart", tmp_path / "inside"]
    for wanted, check, options in (
        (entries, True, {}),
        (entries, False, unmounted),
        (refused, False, {}),
        (entries, False, {}),
        (entries, False, {}),
    ):
        apart = {"changed": False, **call(capsys, roots[0], wanted, check, **options)}  # as Ansible completes the answer
        with monkeypatch.context() as patch:
            patch.setattr(tree, "AnsibleModule", None)  # put back when this is over
            inside = answer(tree, {"root": str(roots[1]), "entries": wanted, **options}, check_mode=check, diff=True)
        apart.pop("invocation", None)
        assert json.dumps(inside, sort_keys=True) == json.dumps(apart, sort_keys=True).replace(str(roots[0]), str(roots[1]))
        trees = [{(p.relative_to(root), mode_of(p), p.is_file() and p.read_bytes()) for p in root.rglob("*")} for root in roots]
        assert trees[0] == trees[1]


def test_content_mode_and_absent_differences_are_seen(capsys, tmp_path):
    call(capsys, tmp_path, ENTRIES)
    (tmp_path / "a/b/file.txt").write_text("drifted\n")
    (tmp_path / "a/b").chmod(0o700)
    (tmp_path / "gone").mkdir()
    for check in (True, False):
        result = call(capsys, tmp_path, ENTRIES, check=check)
        assert sorted(result["changed_paths"]) == sorted(str(tmp_path / p) for p in ("a/b", "a/b/file.txt", "gone"))
    texts = {d["after_header"]: d for d in result["diff"]}
    assert texts[str(tmp_path / "a/b/file.txt")]["before"] == "drifted\n"
    assert not (tmp_path / "gone").exists()


def test_rewriting_keeps_the_mode_nobody_asked_about(capsys, tmp_path):
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o604)
    call(capsys, tmp_path, [{"path": "f", "state": "file", "content": "new"}])
    assert mode_of(tmp_path / "f") == "0604"


def test_sensitive_content_is_private_and_not_shown(capsys, tmp_path):
    result = call(capsys, tmp_path, [{"path": "s", "state": "file", "content": "canary-77", "sensitive": True}])
    assert mode_of(tmp_path / "s") == "0600"
    result.pop("invocation", None)
    assert "canary-77" not in json.dumps(result)


def test_security_5_a_private_file_is_never_readable_for_a_moment(capsys, tmp_path, monkeypatch):
    """Seen at each chmod and rename: under a umask that takes nothing away, the bits for others are never there."""
    seen: list[int] = []
    for name in ("fchmod", "rename", "replace", "write"):
        original = getattr(os, name)

        def look(*arguments, _original=original, **options):
            result = _original(*arguments, **options)
            seen.extend(path.lstat().st_mode & 0o077 for path in tmp_path.rglob("*") if path.is_file())
            return result

        monkeypatch.setattr(os, name, look)
    before = os.umask(0)
    try:
        call(capsys, tmp_path, [{"path": "keys", "state": "file", "content": "canary", "mode": "0600", "sensitive": True}])
    finally:
        os.umask(before)
    assert seen and set(seen) == {0}


def test_leftover_of_a_killed_run_is_replaced(capsys, tmp_path):
    (tmp_path / ".f.nsfl-new").write_text("half")
    call(capsys, tmp_path, [{"path": "f", "state": "file", "content": "whole"}])
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"path": "../out"}, "contains '..'"),
        ({"path": "/etc/passwd"}, "not below the root"),
        ({"path": "~/x"}, "starts with '~'"),
        ({"path": "x", "mode": "488"}, "four octal digits"),
        ({"path": "x", "mode": "u+rwx"}, "four octal digits"),
        ({"path": "x", "content": "y"}, "state is not 'file'"),
        ({"path": "x", "state": "file", "content": "y", "content_base64": "eQ=="}, "keep one"),
        ({"path": "x", "state": "file", "content_base64": "%%"}, "not base64"),
        ({"path": ".", "state": "file"}, "root cannot be a file"),
        ({"path": ".", "state": "absent"}, "never removed"),
        ({"path": "a" * 300}, "too long"),
        ({"path": "nul\0"}, "NUL"),
        ({"path": "x", "owner": "nobody-of-that-name"}, "no user is called"),
    ],
)
def test_bad_entries_are_refused(capsys, tmp_path, entry, words):
    result = call(capsys, tmp_path, [entry])
    assert result["failed"] and words in result["msg"]


def test_all_bad_entries_are_named_before_anything_is_written(capsys, tmp_path):
    result = call(capsys, tmp_path, [{"path": "good"}, {"path": "../a"}, {"path": "good"}])
    assert "entries[1]" in result["msg"] and "entries[2]" in result["msg"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("root", ["relative", "/", "/mnt/../etc"])
def test_bad_roots_are_refused(capsys, tmp_path, root):
    # AnsibleModule expands type path, so a relative root is spelt out by the parser alone.
    with pytest.raises(tree.TreeError, match="root:"):
        tree.parse_root(root)


def test_symlinks_out_of_the_root_are_refused(capsys, tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "way").symlink_to(outside)
    (outside / "target").write_text("precious")
    (root / "link").symlink_to(outside / "target")
    assert "out of" in call(capsys, root, [{"path": "way/x"}])["msg"]
    assert "in the way" in call(capsys, root, [{"path": "link", "state": "file", "content": "no"}])["msg"]
    assert (outside / "target").read_text() == "precious" and os.listdir(outside) == ["target"]
    assert call(capsys, root, [{"path": "link", "state": "absent"}])["changed"]
    assert (outside / "target").exists()


def test_symlinks_inside_the_root_and_a_symlinked_root_work(capsys, tmp_path):
    real = tmp_path / "real"
    (real / "there").mkdir(parents=True)
    (tmp_path / "root").symlink_to(real)
    (real / "here").symlink_to("there")
    result = call(capsys, tmp_path / "root", [{"path": "here/sub"}])
    assert not result.get("failed") and (real / "there/sub").is_dir()


def test_full_folders_are_kept_unless_recursive(capsys, tmp_path):
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("data")
    assert "not empty" in call(capsys, tmp_path, [{"path": "d", "state": "absent"}])["msg"]
    assert call(capsys, tmp_path, [{"path": "d", "state": "absent", "recursive": True}], check=True)["changed"]
    assert (tmp_path / "d/e/f").exists()
    assert call(capsys, tmp_path, [{"path": "d", "state": "absent", "recursive": True}])["changed"]
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_way_of_a_folder_is_named(capsys, tmp_path):
    (tmp_path / "f").write_text("")
    assert "in the way of a folder" in call(capsys, tmp_path, [{"path": "f/sub"}])["msg"]


def test_nothing_is_written_below_a_missing_mount(capsys, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(tree.AnsibleModule, "warn", lambda _module, text: told.append(text))
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    result = call(capsys, tmp_path, [{"path": "bucket/x"}], require_mounts=[str(bucket)])
    assert result["failed"] and "nothing is mounted there" in result["msg"] and os.listdir(bucket) == []
    planned = call(capsys, tmp_path, [{"path": "bucket/x"}], require_mounts=[str(bucket)], check=True)
    assert planned["changed_paths"] == [str(bucket / "x")] and "nothing is mounted" in told[0]
    mounted = call(capsys, "/dev/shm", [{"path": "."}], require_mounts=["/dev/shm"], check=True)
    assert not mounted.get("failed") and mounted["changed"] is False


def test_what_is_not_mounted_needs_no_removal_but_what_hangs_does(capsys, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(tree.AnsibleModule, "warn", lambda _module, text: told.append(text))
    bucket = tmp_path / "bucket"
    (bucket / "x").mkdir(parents=True)
    entries = [{"path": "x", "state": "absent"}]
    gone = call(capsys, bucket, entries, require_mounts=[str(bucket)])
    assert not gone.get("failed") and gone["changed"] is False and (bucket / "x").is_dir() and "stays in it" in told[0]
    monkeypatch.setattr(tree, "unmounted", lambda _paths, _timeout: {str(bucket): "does not answer within 20 s"})
    assert call(capsys, bucket, entries, require_mounts=[str(bucket)])["failed"]


@pytest.mark.parametrize("check", [False, True])
def test_a_root_is_not_made_to_remove_something_from_it(capsys, tmp_path, check):
    gone = call(capsys, tmp_path / "root", [{"path": "x", "state": "absent"}], check=check)
    assert not gone.get("failed") and gone["changed"] is False and not (tmp_path / "root").exists()


def test_a_changing_tree_is_waited_for_and_then_named(tmp_path):
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(tree.TreeError, match="another run is still changing"):
        Tree(str(tmp_path), 0o755, check=False).apply([], lock_timeout=0.3)
    os.close(holder)
