# SPDX-License-Identifier: Apache-2.0
"""F20: a server that goes away in the midst of the work, and the lock of another session."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import psycopg2
import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _postgresql as pg
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import DatabaseError, UnreachableError
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_plan import Action, State
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_service import SchemaService
from ansible_collections.neursafe.fl.plugins.modules.postgresql_schema import OPTIONS
from test_postgresql_schema import ready


class Server:
    """Keeps what was done in a transaction that came to its end, and dies when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, dies_after: str) -> None:
        self.done: list[str] = []
        self.dies_after, self.up = dies_after, True
        for name in ("connect", "read_state", "read_database", "run"):
            monkeypatch.setattr(pg, name, getattr(self, name))
        monkeypatch.setattr(pg, "lock", lambda connection: None)

    def connect(self, account: Any, database: str, wait: int = 0) -> MagicMock:
        if not self.up:
            raise UnreachableError(f"{account.place} cannot be reached: Connection refused")
        return MagicMock()

    def has(self, text: str) -> bool:
        return any(text in done for done in self.done)

    def read_state(self, maintenance: Any, wanted: Any, account: Any) -> State:
        made = ready() if self.has("create user") else State()
        return State(roles=made.roles, database_exists=self.has("create database"))

    def read_database(self, target: Any, wanted: Any, state: State) -> None:
        if self.has("create table"):
            whole = ready()
            state.database_acl, state.schema_acl, state.tables = whole.database_acl, whole.schema_acl, whole.tables

    def run(self, connection: Any, actions: list[Action]) -> None:
        texts = [action.text for action in actions]
        self.done += texts
        self.up = self.dies_after not in texts


def service() -> SchemaService:
    params = {name: option.get("default") for name, option in OPTIONS.items()}
    params |= {"database": "neursafe_fl", "ca_cert": None, "server": None}
    params |= {"tables": [{"name": "jobs", "unique": ["namespace", "id"]}], "users": [{"name": "nsfl", "password": "secret", "tables": []}]}
    return SchemaService(params, check_mode=False)


def test_f20_a_server_that_goes_away_before_the_tables_is_named_and_the_next_run_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(monkeypatch, dies_after="create database neursafe_fl")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        service().present()
    assert server.done == ["create user nsfl", "create database neursafe_fl"]
    server.up = True
    second = service().present()["actions"]
    assert second[0] == "create table jobs" and not any("create user" in text or "create database" in text for text in second)
    assert service().present()["changed"] is False


def test_f20_a_lock_of_another_session_is_given_up_after_the_setting_and_told() -> None:
    class Locked(psycopg2.Error):
        pgcode = "55P03"

    connection = MagicMock()
    connection.cursor.return_value.__enter__.return_value.execute.side_effect = Locked("canceling statement due to lock timeout")
    with pytest.raises(DatabaseError, match=r"create index i: another session holds a lock for longer than lock_timeout; end it and run"):
        pg.run(connection, [Action("create index i", "CREATE INDEX i ON jobs (id)")])
    seen: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pg, "psycopg2", SimpleNamespace(connect=seen.update, OperationalError=OSError))
        pg.connect(pg.Account("h", 1, "u", lock_timeout=7), "d")
    assert seen["options"] == "-c lock_timeout=7s"
