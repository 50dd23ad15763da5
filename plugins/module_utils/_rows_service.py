# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads all rows of some tables at one point in time, and brings them back, in PostgreSQL or in a database of MongoDB's kind."""

from __future__ import annotations

import json
import typing as t
from contextlib import closing

from ansible_collections.neursafe.fl.plugins.module_utils import _mongodb as mongo
from ansible_collections.neursafe.fl.plugins.module_utils import _postgresql as pg
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import DatabaseError
from ansible_collections.neursafe.fl.plugins.module_utils._rows import Difference, Rows, difference, key_text

if pg.PSYCOPG2_ERROR is None:
    from psycopg2 import sql
if mongo.PYMONGO_ERROR is None:
    from bson import json_util
    from pymongo import errors


class OtherDataError(DatabaseError):
    """The database holds what the backup does not."""


def refuse_other_data(steps: Difference, overwrite: bool, database: str) -> None:
    """Rows that somebody has made since, or elsewhere, go only when that is said."""
    if steps.foreign and not overwrite:
        some = ", ".join(steps.foreign[:3]) + (", …" if len(steps.foreign) > 3 else "")
        text = f"{database} has {len(steps.foreign)} rows that are not those of the backup ({some}); nothing was changed there"
        raise OtherDataError(text, "database")


class PostgresqlRows:
    """Tables of the form `id serial primary key, data jsonb`."""

    def __init__(self, account: pg.Account, database: str, schema: str, tables: t.Sequence[str]) -> None:
        self._account, self._database, self._schema, self._tables = account, database, schema, tables

    def read(self) -> Rows:
        """All rows as they were at one moment."""
        with closing(pg.connect(self._account, self._database)) as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            return self._read(connection)

    def write(self, wanted: Rows, overwrite: bool, dry: bool) -> Difference:
        """Bring the rows back, all or none of them."""
        connection = pg.connect(self._account, self._database)
        with closing(connection), connection:  # one transaction
            if not dry:
                pg.lock(connection)
            steps = difference(wanted, self._read(connection))
            refuse_other_data(steps, overwrite, self._database)
            if not dry:
                self._apply(connection, steps)
        return steps

    def _there(self, connection: pg.Connection) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY(%s)", (self._schema, list(self._tables))
            )
            found = {name for (name,) in cursor.fetchall()}
        return [name for name in self._tables if name in found]

    def _read(self, connection: pg.Connection) -> Rows:
        rows: Rows = {}
        for table in self._there(connection):
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("SELECT id, data::text FROM {} ORDER BY id").format(sql.Identifier(self._schema, table)))
                for number, data in cursor:
                    rows[table, key_text(number)] = None if data is None else json.loads(data)
        return rows

    def _apply(self, connection: pg.Connection, steps: Difference) -> None:
        missing = sorted({table for table, _key in steps.write} - set(self._there(connection)))
        if missing:
            raise DatabaseError(f"{self._database} lacks the table {missing[0]}; have it made first", "tables")
        replaced = [*steps.delete, *steps.write]
        with connection.cursor() as cursor:
            for table in {table for table, _key in replaced}:
                name = sql.Identifier(self._schema, table)
                keys = [json.loads(key) for where, key in replaced if where == table]
                cursor.execute(sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(name), (keys,))
                rows = [(json.loads(key), json.dumps(data)) for (where, key), data in steps.write.items() if where == table]
                cursor.executemany(sql.SQL("INSERT INTO {} (id, data) VALUES (%s, %s::jsonb)").format(name), rows)
                # The next row of a component must not get the number of one that was brought back.
                cursor.execute(
                    sql.SQL(
                        "SELECT setval(s, greatest((SELECT max(id) FROM {}), nextval(s))) FROM pg_get_serial_sequence(%s, 'id') s"
                    ).format(name),
                    (f"{self._schema}.{table}",),
                )


class MongoRows:
    """Collections, whose documents are kept in extended JSON so that every type comes back as it was."""

    def __init__(self, account: mongo.Account, database: str, tables: t.Sequence[str]) -> None:
        self._account, self._database, self._tables = account, database, tables

    def read(self) -> Rows:
        """All documents, one collection after the other."""
        with closing(mongo.connect(self._account)) as client:
            return self._read(client)

    def write(self, wanted: Rows, overwrite: bool, dry: bool) -> Difference:
        """Bring the documents back. What was cut short leaves some of them, so the next run goes on from there."""
        with closing(mongo.connect(self._account)) as client:
            found = self._read(client)
            steps = difference(wanted, found)
            refuse_other_data(steps, overwrite, self._database)
            database = client[self._database]
            # What is replaced goes first, since two documents may not have the same values even for a moment.
            gone = [*steps.delete, *(key for key in steps.write if key in found)]
            try:
                for table, key in [] if dry else gone:
                    database[table].delete_one({"_id": _value(key)})
                for (table, key), data in {}.items() if dry else steps.write.items():
                    database[table].insert_one({"_id": _value(key), **_value(json.dumps(data))})
            except errors.PyMongoError as error:
                raise mongo.explain(self._account, error) from error
        return steps

    def _read(self, client: mongo.Client) -> Rows:
        rows: Rows = {}
        there = mongo.collections(client, self._database)
        try:
            for table in self._tables:
                for document in client[self._database][table].find({}) if table in there else []:
                    plain = json.loads(json_util.dumps(document, json_options=json_util.CANONICAL_JSON_OPTIONS))
                    rows[table, key_text(plain.pop("_id"))] = plain
        except errors.PyMongoError as error:
            raise mongo.explain(self._account, error) from error
        # A collection has no order of its own, and equal contents are to be equal texts.
        return dict(sorted(rows.items()))


def _value(text: str) -> t.Any:
    return json_util.loads(text, json_options=json_util.CANONICAL_JSON_OPTIONS)
