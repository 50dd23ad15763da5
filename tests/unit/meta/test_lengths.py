# SPDX-License-Identifier: Apache-2.0
"""No file is longer than a person reads in one go, and no task list scrolls."""

from __future__ import annotations

import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LONGEST, LONGEST_TASKS, LONGEST_CONTENTS = 300, 80, 45
# Nobody reads these from top to bottom, or they cannot be two.
LONGER = {
    "LICENSES/*": "texts of licences",
    "*/go.sum": "written by Go",
    "*/go.mod": "written by Go",
    "CHANGELOG.rst": "written by antsibull-changelog",
    "roles/*/meta/argument_specs.yml": "Ansible takes the settings of a role from one file",
}


def tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:  # an archive without its history
        pytest.skip("not a checkout")
    return [name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def test_files_are_short() -> None:
    texts = [name for name in tracked() if Path(name).suffix not in (".svg", ".npz", ".png")]
    texts = [name for name in texts if not any(fnmatch(name, pattern) for pattern in LONGER)]
    assert len(texts) > 500
    assert {name: count for name in texts if (count := lines(ROOT / name)) > LONGEST} == {}


def test_task_lists_do_not_scroll() -> None:
    lists = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/tasks/*.yml")]
    assert {str(path.relative_to(ROOT)): count for path in lists if (count := lines(path)) > LONGEST_TASKS} == {}
    contents = ROOT.glob("roles/*/tasks/main.yml")
    assert {str(path.relative_to(ROOT)): count for path in contents if (count := lines(path)) > LONGEST_CONTENTS} == {}
