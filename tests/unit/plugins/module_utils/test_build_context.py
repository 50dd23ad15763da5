# SPDX-License-Identifier: Apache-2.0
"""The digest of a context changes with what a build sees, and with nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._build_context import ContextHasher, Ignore, ignore_lines


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("src/a.py", "src/deep/b.py", "docs/c.md", ".git/HEAD", "src/__pycache__/a.pyc"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def digest(tree: Path, *prefixes: str) -> str:
    return ContextHasher(tree).digest(prefixes or ["."], ignore_lines(tree, tree / "Dockerfile"))


def test_times_git_and_caches_do_not_count(tree: Path) -> None:
    before = digest(tree)
    os.utime(tree / "src/a.py", (1, 1))
    (tree / ".git/HEAD").write_text("another commit")
    (tree / "src/__pycache__/a.pyc").write_text("compiled again")
    assert digest(tree) == before


@pytest.mark.parametrize("change", ["content", "new", "gone", "mode", "link", "renamed"])
def test_everything_else_counts(tree: Path, change: str) -> None:
    before = digest(tree)
    path = tree / "src/a.py"
    if change == "content":
        path.write_text("other")
    elif change == "new":
        (tree / "src/new.py").touch()
    elif change == "gone":
        path.unlink()
    elif change == "mode":
        path.chmod(0o755)
    elif change == "link":
        (tree / "src/link").symlink_to("a.py")
    else:
        path.rename(tree / "src/z.py")
    assert digest(tree) != before


def test_only_the_copied_parts_count(tree: Path) -> None:
    before = digest(tree, "src")
    (tree / "docs/c.md").write_text("other")
    assert digest(tree, "src") == before
    assert digest(tree, "src", "docs") != before


def test_the_build_files_own_ignore_file_wins(tree: Path) -> None:
    (tree / ".dockerignore").write_text("docs\n")
    (tree / "Dockerfile.dockerignore").write_text("src\n")
    assert ignore_lines(tree, tree / "Dockerfile")[-1] == "src"
    assert ignore_lines(tree, tree / "Other")[-1] == "docs"


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        (["docs"], "docs/c.md", True),
        (["/docs/"], "docs", True),
        (["*.md"], "docs/c.md", False),
        (["**/*.md"], "docs/c.md", True),
        (["**/*.md"], "c.md", True),
        (["do?s"], "docs/c.md", True),
        (["[a-d]ocs"], "docs", True),
        (["# docs", ""], "docs", False),
        (["docs", "!docs/c.md"], "docs/c.md", False),
        (["docs", "!docs/c.md", "docs/c.md"], "docs/c.md", True),
        (["*", "!src"], "src/a.py", False),
        (["*", "!src"], "docs/c.md", True),
    ],
)
def test_ignore_rules(rules: list[str], path: str, ignored: bool) -> None:
    assert Ignore(rules)(path) is ignored


def test_a_kept_file_below_an_ignored_folder_is_found(tree: Path) -> None:
    (tree / ".dockerignore").write_text("*\n!src/deep\n")
    before = digest(tree)
    (tree / "src/deep/b.py").write_text("other")
    assert digest(tree) != before
    after = digest(tree)
    (tree / "src/a.py").write_text("other")
    assert digest(tree) == after
