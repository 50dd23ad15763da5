# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What a module on the controller is doing, for the line that the callback `progress` keeps up to date."""

from __future__ import annotations

import os
import typing as t

T = t.TypeVar("T")

PLACE = "NSFL_PROGRESS_FILE"  # the variable that names the file to write to, where somebody looks


def tell(text: str) -> None:
    """Show one line, if somebody looks. It goes with the task."""
    path = os.environ.get(PLACE)
    if not path:
        return
    try:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError:
        return


def telling(what: str, items: t.Iterable[T], total: int) -> t.Iterator[T]:
    """The same items, telling before the first and after each how many of all are done."""
    tell(f"{what}: 0 of {total}")
    for done, item in enumerate(items, 1):
        yield item
        tell(f"{what}: {done} of {total}")
