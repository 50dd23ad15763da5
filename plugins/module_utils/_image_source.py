# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source tree as a checkout: which commit a reference means now, and whether the checkout is at it."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlanError

_COMMIT = re.compile(r"^[0-9a-f]{40}\Z")
_ACCOUNT = re.compile(r"//[^/@\s]+@")
_NAMES_SHOWN = 5
_TIMEOUT = 120


class GitSource:
    """A git repository, a reference in it, and the folder on the controller that is its checkout."""

    def __init__(self, url: str, reference: str, folder: Path) -> None:
        self._url = url
        self._reference = reference
        self._folder = folder
        self._shown = _ACCOUNT.sub("//***@", url)

    def commit(self) -> str:
        """The commit that the reference means now; a whole commit that the checkout has asks no network."""
        if not _COMMIT.match(self._reference):
            return self._advertised()
        if self._git("-C", str(self._folder), "cat-file", "-e", f"{self._reference}^{{commit}}").returncode != 0:
            self._look_for_commit()
        return self._reference

    def is_at(self, commit: str) -> bool:
        """Whether the checkout is there, at this commit and untouched."""
        head = self._git("-C", str(self._folder), "rev-parse", "--verify", "HEAD")
        if head.returncode != 0 or head.stdout.strip() != commit:
            return False
        return self._git("-C", str(self._folder), "status", "--porcelain").stdout == ""

    def _advertised(self) -> str:
        name = self._reference
        wanted = [f"refs/heads/{name}", f"refs/tags/{name}^{{}}", f"refs/tags/{name}", name]
        found = self._remote(*wanted)
        for spelling in wanted:
            if spelling in found:
                return found[spelling]
        names = [
            one.split("/", 2)[2] for one in self._remote() if one.startswith(("refs/heads/", "refs/tags/")) and not one.endswith("^{}")
        ]
        near = difflib.get_close_matches(name, names, n=1) or names[:_NAMES_SHOWN]
        cure = f"write {' or '.join(near)}, or a commit with all its 40 digits" if near else "it has none at all"
        raise PlanError(f"{self._shown} has no branch and no tag {name!r}; {cure}", "git_ref")

    def _remote(self, *patterns: str) -> dict[str, str]:
        done = self._git("ls-remote", "--", self._url, *patterns)
        if done.returncode != 0:
            raise PlanError(f"{self._shown} is no git repository that answers: {self._cause(done)}; correct the address", "git_url")
        return {name: commit for commit, _tab, name in (line.partition("\t") for line in done.stdout.splitlines())}

    def _look_for_commit(self) -> None:
        """Servers do not list every commit: fetch that one alone, where they can without its files, into a folder that goes away."""
        self._remote("HEAD")
        with tempfile.TemporaryDirectory() as folder:
            self._git("init", "--quiet", "--bare", folder)
            done = self._git("-C", folder, "fetch", "--quiet", "--depth=1", "--filter=tree:0", "--", self._url, self._reference)
        if done.returncode != 0:
            raise PlanError(f"{self._shown} gives no commit {self._reference}: {self._cause(done)}; correct it", "git_ref")

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            done: subprocess.CompletedProcess[str] = programs.run(["git", *arguments], timeout=_TIMEOUT, env=environment)
            return done
        except FileNotFoundError as error:
            raise PlanError("git is not installed on the controller; install it, or name a folder as source tree", "git_url") from error
        except subprocess.TimeoutExpired as error:
            raise PlanError(f"{self._shown} does not answer within {_TIMEOUT} s; correct the address", "git_url") from error

    @staticmethod
    def _cause(done: subprocess.CompletedProcess[str]) -> str:
        lines = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:", "remote:", "ssh:"))]
        text: t.Sequence[str] = lines or done.stderr.split("\n")
        return _ACCOUNT.sub("//***@", text[0]).partition(": ")[2].strip() or f"exit {done.returncode}"


def revision_of(tree: str) -> str:
    """The commit of a tree, when it is a checkout (a label only: the content decides, not the commit)."""
    try:
        done = programs.run(["git", "-C", tree, "rev-parse", "HEAD"], timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
