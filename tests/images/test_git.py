# SPDX-License-Identifier: Apache-2.0
"""The role with a source tree from a git repository: branch, tag and commit, and what is said of those that are not there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from images_role import Role
from small_site import Site


class Repository:
    """A bare repository with the small tree on branch `main`."""

    def __init__(self, site: Site) -> None:
        self._tree = site.tree
        self.path = site.folder / "repository.git"
        self.url = f"file://{self.path}"
        self._git("init", "--quiet", "--initial-branch=main")
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", self.path], check=True)
        self.commit()

    def commit(self) -> str:
        """Commit and push the tree as it is."""
        self._git("add", ".")
        self._git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=Change")
        self._git("push", "--quiet", self.url, "main")
        return self._git("rev-parse", "HEAD")

    def tag(self, name: str) -> None:
        self._git("-c", "user.name=Test", "-c", "user.email=test@example.org", "tag", "--annotate", "--message=Release", name)
        self._git("push", "--quiet", self.url, name)

    def _git(self, *arguments: str | Path) -> str:
        command = ["git", "-C", self._tree, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_branch_that_moves_is_seen_by_the_next_run(site: Site, role: Role) -> None:
    repository = Repository(site)
    branch = {"git_url": repository.url, "git_ref": "main"}
    words = role.run("--check", "--diff", **branch)
    assert role.changed(words) == 3, "the checkout, the images and their bills of materials"
    assert not (site.folder / "cache/source").exists() and not (site.folder / "images.json").exists()
    assert role.changed(role.run(**branch)) == 3
    first = (site.folder / "images.json").read_text()
    assert role.changed(role.run(**branch)) == 0

    (site.tree / "app.txt").write_text("two")
    repository.commit()
    words = role.run("--check", **branch)
    assert role.changed(words) == 3
    assert (site.folder / "images.json").read_text() == first
    assert role.changed(role.run(**branch)) == 3
    assert (site.folder / "images.json").read_text() != first
    assert role.changed(role.run(**branch)) == 0


def test_builds_that_begin_early_are_of_the_commit_that_the_run_has_looked_at(site: Site, role: Role) -> None:
    repository = Repository(site)
    branch = {"git_url": repository.url, "git_ref": "main"}
    words = role.run(playbook="tests/images/begun.yml", **branch)
    assert role.changed(words) == 3, "the checkout, the images and their bills of materials"
    assert sorted(path.name.partition("@")[0] for path in site.folder.rglob("*.spdx.json")) == ["nsfl-app", "nsfl-base"]
    log = (site.folder / "cache/logs/progress.log").read_text()
    assert [line.split(" ", 1)[1] for line in log.splitlines() if line.endswith("…")].count("nsfl-app: build …") == 1
    assert role.changed(role.run(**branch)) == 0


def test_a_tag_and_a_commit_ask_no_more_than_they_must(site: Site, role: Role) -> None:
    repository = Repository(site)
    repository.tag("v1")
    (site.tree / "app.txt").write_text("two")
    middle = repository.commit()
    (site.tree / "app.txt").write_text("three")
    repository.commit()
    role.run(git_url=repository.url, git_ref="v1")
    tagged = (site.folder / "images.json").read_text()
    role.run(git_url=repository.url, git_ref=middle)
    assert (site.folder / "images.json").read_text() != tagged
    repository.path.rename(site.folder / "gone.git")
    assert role.changed(role.run(git_url=repository.url, git_ref=middle)) == 0
    told = role.refused(git_url=repository.url, git_ref="v1")
    assert f"nsfl_images_git_url: {repository.url} is no git repository that answers: " in told


def test_what_is_not_there_is_refused_before_any_change(site: Site, role: Role) -> None:
    repository = Repository(site)
    told = role.refused(git_url=repository.url, git_ref="mian")
    assert f"nsfl_images_git_ref: {repository.url} has no branch and no tag 'mian'; write main, or a commit with all its 40" in told
    told = role.refused(git_url=repository.url, git_ref="1" * 40)
    assert f"nsfl_images_git_ref: {repository.url} gives no commit {'1' * 40}: " in told and "correct it" in told
    told = role.refused(git_url="file:///nonexistent.git", git_ref="main")
    assert "nsfl_images_git_url: file:///nonexistent.git is no git repository that answers: " in told
    told = role.refused(git_url="http://user:git-canary@localhost:1/fl.git", git_ref="main")
    assert "nsfl_images_git_url: http://***@localhost:1/fl.git is no git repository" in told and "git-canary" not in told
    assert not (site.folder / "cache/source").exists()
