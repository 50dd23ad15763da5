# SPDX-License-Identifier: Apache-2.0
"""Prints as JSON who is let in at the MongoDB server given as host:port, and what the user nsfl with PASSWORD finds there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure


def names(database: str = "neursafe_fl", **login: str) -> list[str]:
    return sorted(MongoClient(sys.argv[1], serverSelectionTimeoutMS=5000, **login)[database].list_collection_names())


def tried(action: Callable[[], Any]) -> Any:
    """What the action gives, or the server's word for refusing it."""
    try:
        return action()
    except OperationFailure as error:
        return (error.details or {}).get("codeName") or {11000: "DuplicateKey"}.get(error.code or 0, str(error))


login = {"username": "nsfl", "password": os.environ["PASSWORD"], "authSource": "neursafe_fl"}
jobs = MongoClient(sys.argv[1], **login)["neursafe_fl"]["jobs"]
key = {"namespace": "molecule", "id": "molecule"}
jobs.insert_one(dict(key))
twice = tried(lambda: str(jobs.insert_one(dict(key))))
jobs.delete_many(key)
answers = {
    "nobody": tried(names),
    "wrong_password": tried(lambda: names(**{**login, "password": "not-the-password"})),
    "elsewhere": tried(lambda: names("other", **login)),
    "collections": tried(lambda: names(**login)),
    "twice": twice,
}
sys.stdout.write(json.dumps(answers))
