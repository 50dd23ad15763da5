# SPDX-License-Identifier: Apache-2.0
"""Prints as JSON who is let in at the MongoDB server given as host:port, known by the authority in the file given after it.

What the user nsfl with PASSWORD finds there, and what becomes of clients that ask for no TLS, or know no authority.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

PLACE, AUTHORITY = sys.argv[1:3]
TLS: dict[str, Any] = {"tls": True, "tlsCAFile": AUTHORITY}


def names(database: str = "neursafe_fl", **options: Any) -> list[str]:
    return sorted(MongoClient(PLACE, serverSelectionTimeoutMS=5000, **options)[database].list_collection_names())


def tried(action: Callable[[], Any]) -> Any:
    """What the action gives, or the word of whoever refuses it."""
    try:
        return action()
    except ServerSelectionTimeoutError as error:
        return str(error)
    except OperationFailure as error:
        return (error.details or {}).get("codeName") or {11000: "DuplicateKey"}.get(error.code or 0, str(error))


login = {**TLS, "username": "nsfl", "password": os.environ["PASSWORD"], "authSource": "neursafe_fl"}
jobs = MongoClient(PLACE, **login)["neursafe_fl"]["jobs"]
key = {"namespace": "molecule", "id": "molecule"}
jobs.insert_one(dict(key))
twice = tried(lambda: str(jobs.insert_one(dict(key))))
jobs.delete_many(key)
answers = {
    "nobody": tried(lambda: names(**TLS)),
    "wrong_password": tried(lambda: names(**{**login, "password": "not-the-password"})),
    "elsewhere": tried(lambda: names("other", **login)),
    "collections": tried(lambda: names(**login)),
    "twice": twice,
    "without_tls": tried(lambda: names(**{**login, "tls": False, "tlsCAFile": None})),
    "unknown": tried(lambda: names(**{**login, "tlsCAFile": None})),
}
sys.stdout.write(json.dumps(answers))
