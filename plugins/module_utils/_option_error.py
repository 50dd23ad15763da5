# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failure for which an option of the module is to be changed, told under the name that the caller has for that option."""

from __future__ import annotations

import typing as t


class OptionError(Exception):
    """The text says what is wrong and what to do; `option` is where to do it, empty when it is nowhere in the options."""

    option = ""

    def __init__(self, text: str, option: str = "") -> None:
        super().__init__(text)
        self.option = option or self.option

    def told(self, labels: t.Mapping[str, str]) -> str:
        """The sentence with the name of the setting before it."""
        return f"{labels.get(self.option, self.option)}: {self}" if self.option else str(self)


def told(error: Exception, labels: t.Mapping[str, str]) -> str:
    """The same for any error."""
    return error.told(labels) if isinstance(error, OptionError) else str(error)
