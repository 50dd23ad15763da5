# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the bill of materials of an image is: in one file for each digest, so that there being one tells that it is the right one."""

from __future__ import annotations

import typing as t
from pathlib import Path


def sbom_file(folder: Path, name: str, digest: str) -> Path:
    """The file for an image of that name with that content."""
    return folder / f"{name}@{digest.replace(':', '-')}.spdx.json"


def is_complete(folder: str, entries: t.Mapping[str, t.Mapping[str, str]]) -> bool:
    """Whether each image that a registry has, by the entries of its manifest, has its file there. Without a folder, none is to have one."""
    named = [(name, entry["digest"]) for name, entry in entries.items() if "@" in entry["reference"]]
    return not folder or all(sbom_file(Path(folder), name, digest).is_file() for name, digest in named)
