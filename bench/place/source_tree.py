# SPDX-License-Identifier: Apache-2.0
"""The source trees of the image benches, copies of tests/doubles below BENCH_WORK: one to build as ours, one as build_images.sh does.

    python bench/place/source_tree.py make        # two alike copies
    python bench/place/source_tree.py all         # nothing of them can come from a builder's cache
    python bench/place/source_tree.py proxy       # one file changes, which only one image has in it
    python bench/place/source_tree.py package     # one file changes, which all images have in them that start from the base

The two differ in names only: build_images.sh tags the base nsfl-base:latest, and an image of that name may be somebody's.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(os.environ["BENCH_WORK"])
TREES = {"ours": WORK / "ours", "by hand": WORK / "by_hand"}
BASE, HANDS_BASE = "nsfl-base:latest", "nsfl-bench/nsfl-base:latest"
SITES_DEBIAN = "nsfl-lab/debian:bookworm"
CHANGED = {"proxy": "deploy/configs/proxy/lua/init.lua", "package": "neursafe_fl/python/libs/__init__.py"}


def build_files(tree: Path) -> list[Path]:
    return sorted((tree / "deploy/docker-images/dockerfiles").iterdir())


def make() -> None:
    """Copy the doubles. The site's own Debian is mapped by a setting in ours; by hand it is written into the build files."""
    for name, tree in TREES.items():
        shutil.copytree(ROOT / "tests" / "doubles", tree, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        if name == "by hand":
            for path in build_files(tree):
                text = path.read_text().replace(f"FROM {BASE}", f"FROM {HANDS_BASE}")
                path.write_text(text.replace("FROM debian:bookworm", f"FROM {SITES_DEBIAN}"))


def stamp() -> None:
    """Put a word that no builder has seen into the first step of base and proxy, which everything else follows."""
    for tree in TREES.values():
        for path in build_files(tree):
            text = re.sub(r"\nENV BENCH_STAMP=.*", "", path.read_text())
            if f"FROM {HANDS_BASE}" not in text and f"FROM {BASE}" not in text:
                text = re.sub(r"(\nFROM .*)", rf"\1\nENV BENCH_STAMP={uuid.uuid4().hex}", text, count=1)
            path.write_text(text)


def change(path: str) -> None:
    """Give a file of both trees a last line that it did not have."""
    for tree in TREES.values():
        comment = "--" if path.endswith(".lua") else "#"
        lines = [line for line in (tree / path).read_text().splitlines() if not line.startswith(f"{comment} bench")]
        (tree / path).write_text("\n".join([*lines, f"{comment} bench {uuid.uuid4().hex}", ""]))


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "make":
        make()
    elif what == "all":
        stamp()
    else:
        change(CHANGED[what])
