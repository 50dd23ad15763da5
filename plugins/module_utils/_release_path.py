# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which versions of this collection a platform may be taken on. The changelog knows them."""

from __future__ import annotations

import re
import typing as t

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")

Key = tuple[int, int, int, bool, str]


def key(version: str) -> Key | None:
    """What versions are ordered by; a prerelease comes before its release."""
    found = _VERSION.fullmatch(version)
    return (int(found[1]), int(found[2]), int(found[3]), found[4] is None, found[4] or "") if found else None


def refusal(recorded: str, own: str, known: t.Iterable[str]) -> str:
    """Why this version does not take on a platform of another one, and what does; empty when it does.

    A step is to another patch of the same minor version, or to the next minor version that the changelog names.
    """
    if recorded == own:
        return ""
    released = sorted({version for version in (*known, own) if key(version)}, key=lambda version: t.cast("Key", key(version)))
    there, here = key(recorded), t.cast("Key", key(own))
    says = f"neursafe.fl: the platform was made by version {recorded} of this collection, and this is {own}"
    if there is not None and there > here:
        return f"{says}, which is older; use {recorded} or newer, and run its playbooks/rollback.yml where an older release is to come back"
    if recorded not in released:
        return f"{says}, whose changelog does not know that one; it takes on {', '.join(released)}: install one that both know first"
    last = {_minor(version): version for version in released if t.cast("Key", key(version)) <= here}
    path = [version for minor, version in last.items() if _minor(recorded) < minor]
    if len(path) <= 1:
        return ""
    return f"{says}, which skips versions; install {', then '.join(path)}, and run playbooks/upgrade.yml with each"


def _minor(version: str) -> tuple[int, int]:
    return t.cast("Key", key(version))[:2]
