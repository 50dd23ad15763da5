# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Problems as a person can read them: however long a wrong value is, the setting before it and the fix after it are seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps

_LONGEST, _HEAD, _TAIL = 900, 400, 400
# Of an address with an account in it, wherever somebody has put it.
_ACCOUNT = re.compile(r"[^\s/'\"@]{1,200}:[^\s/'\"@]{0,200}@")


def readable(problem: str) -> str:
    """A problem without the middle of what is too long in it, and without a password that stands in an address."""
    text = problem if len(problem) <= _LONGEST else f"{problem[:_HEAD]} … {problem[-_TAIL:]}"
    return _ACCOUNT.sub("…@", text)


def all_readable(function: Callable[..., Iterable[str]]) -> Callable[..., list[str]]:
    """The same function, with every problem so."""

    @wraps(function)
    def shortened(*args: object, **kwargs: object) -> list[str]:
        return [readable(problem) for problem in function(*args, **kwargs)]

    return shortened
