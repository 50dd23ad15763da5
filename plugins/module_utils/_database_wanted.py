# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a database is to have, of whatever kind it is; a table is a collection in MongoDB."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """A wanted table, and the keys of its data that are unique together."""

    name: str
    unique: tuple[str, ...] = ()


@dataclass(frozen=True)
class User:
    """A wanted user and the tables it may use (all when none is named)."""

    name: str
    password: str = field(repr=False)
    tables: tuple[str, ...] = ()

    def may_use(self, table: str) -> bool:
        """Whether the user is to have rights on a table."""
        return not self.tables or table in self.tables


def tables_and_users(params: t.Mapping[str, t.Any], tables: str) -> tuple[tuple[Table, ...], tuple[User, ...]]:
    """Those of a module's options, in which tables go by their own name."""
    return (
        tuple(Table(item["name"], tuple(item["unique"])) for item in params[tables]),
        tuple(User(item["name"], item["password"], tuple(item[tables])) for item in params["users"]),
    )
