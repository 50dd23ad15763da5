# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What a module on the controller is doing, for the line that the callback `progress` keeps up to date."""

from __future__ import annotations

import os


def tell(text: str) -> None:
    """Show one line, if somebody looks. It goes with the task."""
    path = os.environ.get("NSFL_PROGRESS_FILE")
    if not path:
        return
    try:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError:
        return
