# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the components' store: one table of (id serial, data jsonb) in PostgreSQL, or one MongoDB collection."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from typing import Any

from neursafe_fl.python.libs import server_name
from neursafe_fl.python.libs.settings import env, env_int

Document = dict[str, Any]


class DataBaseError(Exception):
    """The database cannot be used as configured."""


class CollectionNotExistingError(DataBaseError):
    """The table or collection is not there."""


class DuplicateError(DataBaseError):
    """A unique index refused the document."""


class PostgreSQL:
    def __init__(self, name: str) -> None:
        host, port = env("DB_ADDRESS").split(":")  # host:port with one colon, else ValueError, as in the real client
        self._where = {
            "host": host,
            "port": int(port),
            "dbname": env("DB_NAME"),
            "user": env("DB_USERNAME"),
            "password": env("DB_PASSWORD"),
            "connect_timeout": 10,
        }
        self.name = name
        self._lock = threading.Lock()
        self._connect()

    def _connect(self) -> None:
        import psycopg2

        server_name.check(str(self._where["host"]), int(self._where["port"]))
        self._connection = psycopg2.connect(**self._where)
        self._connection.autocommit = True

    def _run(self, text: str, *values: Any) -> list[Any]:
        import psycopg2
        from psycopg2 import sql

        query = sql.SQL(text.replace("TABLE", "{}")).format(sql.Identifier(self.name))
        with self._lock:
            for attempt in (1, 2):
                try:
                    with self._connection.cursor() as cursor:
                        cursor.execute(query, values)
                        return cursor.fetchall() if cursor.description else []
                except psycopg2.IntegrityError as error:
                    raise DuplicateError(str(error)) from error
                except (psycopg2.OperationalError, psycopg2.InterfaceError):
                    if attempt == 2:
                        raise
                    time.sleep(env_int("DB_RETRY_INTERVAL"))
                    self._connect()
        raise AssertionError("not reached")

    def exists(self) -> bool:
        # By name alone: a table of that name in any schema counts.
        return bool(self._run("select 1 from information_schema.tables where table_name = %s", self.name))

    def create(self) -> None:
        self._run("create table TABLE (id serial primary key, data jsonb)")
        self._run("create unique index on TABLE ((data->>'id'))")

    def insert(self, document: Document) -> None:
        self._run("insert into TABLE (data) values (%s)", json.dumps(document))

    def find(self, match: Document) -> list[Document]:
        rows = self._run("select data from TABLE where data @> %s order by data->>'start_time', id", json.dumps(match))
        return [row[0] for row in rows]

    def replace(self, match: Document, document: Document) -> None:
        self._run("update TABLE set data = %s where data @> %s", json.dumps(document), json.dumps(match))

    def delete(self, match: Document) -> None:
        self._run("delete from TABLE where data @> %s", json.dumps(match))


class Mongo:
    def __init__(self, name: str) -> None:
        from pymongo import MongoClient

        # The login is on the FL database itself, so the user must live there.
        login = {"username": env("DB_USERNAME"), "password": env("DB_PASSWORD"), "authSource": env("DB_NAME")}
        client = MongoClient(env("DB_ADDRESS"), serverSelectionTimeoutMS=10000, **login)
        self._database = client[env("DB_NAME")]
        self.name = name
        self._collection = self._database[name]

    def exists(self) -> bool:
        return self.name in self._database.list_collection_names()

    def create(self) -> None:
        self._database.create_collection(self.name)
        self._collection.create_index("id", unique=True)

    def insert(self, document: Document) -> None:
        from pymongo.errors import DuplicateKeyError

        try:
            self._collection.insert_one(dict(document))
        except DuplicateKeyError as error:
            raise DuplicateError(str(error)) from error

    def find(self, match: Document) -> list[Document]:
        return list(self._collection.find(_flat(match), {"_id": False}).sort("start_time"))

    def replace(self, match: Document, document: Document) -> None:
        self._collection.replace_one(_flat(match), dict(document))

    def delete(self, match: Document) -> None:
        self._collection.delete_many(_flat(match))


def _flat(match: Document) -> Document:
    """{"status": {"state": x}} means containment: "status.state" in MongoDB's words."""
    flat: Document = {}
    for key, value in match.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": item for inner, item in _flat(value).items()})
        else:
            flat[key] = value
    return flat


Collection = PostgreSQL | Mongo


def open_or_exit(create_missing: bool = False) -> Collection:
    """The collection of DB_COLLECTION_NAME, or the end of the process with a clear word."""
    name = env("DB_COLLECTION_NAME")
    kinds: dict[str, type[Collection]] = {"postgreSQL": PostgreSQL, "mongo": Mongo}
    try:
        if env("DB_TYPE") not in kinds:
            raise DataBaseError(f"DB_TYPE {env('DB_TYPE')!r} is not supported")
        collection = kinds[env("DB_TYPE")](name)
        if not collection.exists():
            if not create_missing:
                raise CollectionNotExistingError(f"{name} not existing in {env('DB_NAME')}")
            collection.create()
        collection.find({"id": ""})  # right to read
        return collection
    except Exception as error:
        kind = type(error).__name__ if isinstance(error, DataBaseError) else f"DataBaseError: {type(error).__name__}"
        logging.error("%s: %s", kind, str(error).strip())
        sys.exit(1)
