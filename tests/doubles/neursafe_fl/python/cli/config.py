# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the fixed file of nsfl-ctl, and the two servers that it names."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from neursafe_fl.python.cli.stores import Buckets, Folders
from neursafe_fl.python.libs import http
from neursafe_fl.python.libs.shape import SUCCESSOR

FILE = "/etc/nsfl.json"  # fixed, no flag and no environment


class CliError(Exception):
    """A mistake of the user."""


class Config:
    def __init__(self) -> None:
        if not os.path.exists(FILE):
            with open(FILE, "w", encoding="utf-8") as stream:
                stream.write("{}")
        with open(FILE, encoding="utf-8") as stream:
            self.values: dict[str, Any] = json.load(stream)

    def save(self) -> None:
        with open(FILE, "w", encoding="utf-8") as stream:
            json.dump(self.values, stream)

    @property
    def password(self) -> str:
        return base64.b64decode(self._value("password")).decode()

    @password.setter
    def password(self, value: str) -> None:
        # The real tool encrypts with a key of its own before this; the newline at the end is its, too.
        self.values["password"] = base64.encodebytes(value.encode()).decode()

    def _value(self, key: str) -> str:
        if not self.values.get(key):
            raise CliError(f"{key} is not set, see: nsfl-ctl set config")
        return str(self.values[key])

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The address is host:port, http is prefixed: a URL does not work."""
        return json.loads(http.request(method, self._value("api_server"), f"/api/v1{path}", body))

    def store(self) -> Buckets | Folders:
        """Where files go; which of the two is built into the tool."""
        kind = Folders if SUCCESSOR else Buckets
        return kind(self._value("data_server"), self._value("user"), self.password, self.values.get("certificate", "none"))
