# SPDX-License-Identifier: Apache-2.0
"""What the stand-in for mongod lets whom do: the right that each command needs, and those of the built-in roles."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
WRITING = {"find", "insert", "update", "remove", "listCollections", "createCollection", "createIndex", "listIndexes"}
RIGHTS = {
    "readWrite": WRITING,
    "readWriteAnyDatabase": WRITING,
    "dbAdminAnyDatabase": {"dropDatabase", "createCollection", "createIndex", "listIndexes", "listCollections"},
    "userAdminAnyDatabase": {"viewUser", "createUser", "dropUser", "createRole", "dropRole", "viewRole"},
}
NEEDED = {
    "find": "find",
    "insert": "insert",
    "update": "update",
    "delete": "remove",
    "listCollections": "listCollections",
    "create": "createCollection",
    "createIndexes": "createIndex",
    "listIndexes": "listIndexes",
    "dropDatabase": "dropDatabase",
    "usersInfo": "viewUser",
    "createUser": "createUser",
    "updateUser": "createUser",
    "dropUser": "dropUser",
    "createRole": "createRole",
    "updateRole": "createRole",
    "dropRole": "dropRole",
    "rolesInfo": "viewRole",
}
IN_COLLECTION = {"find", "insert", "update", "delete", "createIndexes", "listIndexes"}


class RefusalError(Exception):
    """An answer with ok: 0."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
