# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the components' tables as lines of JSON, and what has to be written for a database to have just those of a backup."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

# What a job can be in when nothing works on it any more; every other state means that files and rows are on the move.
RESTING = ("FINISHED", "FAILED", "STOPPED")

# A key is the text of a row's id, or of a document's _id in extended JSON.
Rows = dict[tuple[str, str], t.Any]


class NotABackupError(Exception):
    """The text does not consist of rows."""


def to_text(rows: Rows) -> str:
    """One line a row, in the order in which they were read; equal rows give an equal text."""
    lines = [
        json.dumps({"table": table, "key": json.loads(key), "data": data}, sort_keys=True, ensure_ascii=False)
        for (table, key), data in rows.items()
    ]
    return "".join(f"{line}\n" for line in lines)


def from_text(text: str) -> Rows:
    """The rows of such a text."""
    rows: Rows = {}
    # A value may hold any other character that splitlines() takes for the end of a line.
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        try:
            row = json.loads(line)
            rows[row["table"], key_text(row["key"])] = row["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise NotABackupError(f"line {number} is no row of a backup ({type(error).__name__})") from error
    return rows


def key_text(key: t.Any) -> str:
    """A key as it is compared."""
    return json.dumps(key, sort_keys=True)


def counts(rows: Rows, tables: t.Iterable[str]) -> dict[str, int]:
    """Number of rows of each table."""
    return {table: sum(1 for name, _key in rows if name == table) for table in tables}


def jobs_at_work(rows: Rows) -> list[str]:
    """Jobs that something still happens to, as NAMESPACE/ID STATE."""
    found = []
    for (table, _key), data in rows.items():
        if table == "jobs" and isinstance(data, dict):
            status = data.get("status")
            state = str(status.get("state") if isinstance(status, dict) else data.get("state"))
            if state not in RESTING:
                found.append(f"{data.get('namespace')}/{data.get('id')} {state}")
    return sorted(found)


@dataclass(frozen=True)
class Difference:
    """What makes the rows of a database those of a backup. `foreign`: rows that the backup does not have, or has otherwise."""

    write: Rows = field(default_factory=dict)
    delete: list[tuple[str, str]] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.write or self.delete)


def difference(wanted: Rows, found: Rows) -> Difference:
    """Compare both; rows that are equal already stay."""
    write = {key: data for key, data in wanted.items() if key not in found or found[key] != data}
    delete = [key for key in found if key not in wanted]
    other = sorted({*delete, *(key for key in write if key in found)})
    return Difference(write, delete, [f"{table} {key}" for table, key in other])
