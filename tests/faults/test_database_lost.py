# SPDX-License-Identifier: Apache-2.0
"""F20: PostgreSQL goes away after making the database, before its tables; or dies later. Told, and brought back by a run."""

from __future__ import annotations

import re

from conftest import converged, run_playbook
from platform_hands import on_host, psql
from steady_state import differences, lasting_state

# A database beside the platform's, so that its rows stay where they are.
OTHER = ("-e", "nsfl_database_name=made_by_fault", "-e", "nsfl_database_delete_data=made_by_fault")
# The first table takes the server with it. Each new database is a copy of template0.
SPRUNG = """
CREATE FUNCTION fault() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN COPY (SELECT 1) TO PROGRAM 'kill -QUIT $(head -n 1 postmaster.pid)'; PERFORM pg_sleep(60); END $$;
CREATE EVENT TRIGGER fault ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION fault();
"""
GONE = "DROP EVENT TRIGGER IF EXISTS fault; DROP FUNCTION IF EXISTS fault();"


def set_trap() -> None:
    psql("ALTER DATABASE template0 ALLOW_CONNECTIONS true")
    psql(SPRUNG, "template0")


def clear_trap() -> None:
    psql(GONE, "template0")
    psql("ALTER DATABASE template0 ALLOW_CONNECTIONS false")


def tables() -> str:
    return psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "made_by_fault").strip()


def test_f20_the_server_goes_away_before_the_tables_are_there(steady: dict[str, str]) -> None:
    set_trap()
    run = run_playbook("database", *OTHER)
    assert run.code != 0, "the loss went unnoticed"
    assert re.search(r"(connection|server).*(closed|terminat|unexpectedly)", run.output, re.DOTALL), run.output[-4000:]
    # The next run finds no server, and brings it back; whatever has closed its connections is still in the new database.
    assert run_playbook("database", *OTHER).code != 0
    converged("database")
    assert tables() == "0"
    clear_trap()
    psql(GONE, "made_by_fault")
    converged("database", *OTHER)
    assert tables() == "4"
    assert converged("database", *OTHER).changed == {}
    psql("DROP DATABASE made_by_fault")
    converged("server")
    assert differences(steady, lasting_state()) == {}
    assert converged("server").changed == {}


def test_f20_a_server_that_has_died_is_foreseen_and_started(steady: dict[str, str]) -> None:
    on_host("node-1", "systemctl kill --signal KILL 'postgresql@*'")
    foreseen = converged("server", "--check")
    assert foreseen.changed == converged("server").changed == {"node-1": 1}
    assert differences(steady, lasting_state()) == {}
    assert converged("server").changed == {}
