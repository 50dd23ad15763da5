# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module postgresql_schema: make it so, look at it, prove it as the components' user, or take it away."""

from __future__ import annotations

import typing as t
from contextlib import closing, contextmanager
from dataclasses import replace

from ansible_collections.neursafe.fl.plugins.module_utils import _postgresql as pg
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import DatabaseError, UnreachableError
from ansible_collections.neursafe.fl.plugins.module_utils._database_wanted import Table, tables_and_users
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql import Account
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_plan import Action, Plan, State, Wanted, column_differences, make_plan
from ansible_collections.neursafe.fl.plugins.module_utils._postgresql_server import differences, due, files, ports, room_for_a_server

Result = dict[str, t.Any]
_PROBE = '{"nsfl": "probe"}'


class SchemaService:
    """The state of one database on one server."""

    def __init__(self, params: t.Mapping[str, t.Any], check_mode: bool) -> None:
        self._params = params
        self._check_mode = check_mode
        self._account = Account(
            host=params["login_host"],
            port=params["login_port"],
            user=params["login_user"],
            password=params["login_password"],
            os_user=params["login_os_user"],
            sslmode=params["sslmode"],
            ca_cert=params["ca_cert"] or "",
            lock_timeout=params["lock_timeout"],
        )
        tables, users = tables_and_users(params, "tables")
        self._wanted = Wanted(params["database"], tables, users, schema=params["schema"], revoke_public=params["revoke_public"])

    # --- present -----------------------------------------------------------------------------------------------------

    def present(self) -> Result:
        """Run what is missing; in check mode only say it."""
        try:
            plan = self._look()[0]
        except UnreachableError:
            if not self._check_mode:
                raise
            # In check mode an earlier task has not installed the server.
            plan = make_plan(self._wanted, State())
        _refuse(plan)
        done = plan.actions
        if not self._check_mode:
            done = self._run(plan)
        return _result(done, plan)

    def _look(self) -> tuple[Plan, State]:
        with closing(pg.connect(self._account, self._params["maintenance_db"], self._params["wait"])) as maintenance:
            state = pg.read_state(maintenance, self._wanted, self._account)
        if state.database_exists:
            with closing(pg.connect(self._account, self._wanted.database)) as target:
                pg.read_database(target, self._wanted, state)
        return make_plan(self._wanted, state), state

    def _run(self, plan: Plan) -> list[Action]:
        done = [*plan.roles, *plan.database]
        with self._transaction(self._params["maintenance_db"]) as connection:
            pg.run(connection, plan.roles)
        if plan.database:
            with closing(pg.connect(self._account, self._params["maintenance_db"])) as connection:
                connection.autocommit = True  # CREATE DATABASE runs in no transaction
                pg.run(connection, plan.database)
        if plan.database or plan.schema:
            with self._transaction(self._wanted.database) as target:
                pg.lock(target)
                # Looked at again under the lock: a new database has defaults of its own, and another run may have been here.
                state = State(database_exists=True)
                pg.read_database(target, self._wanted, state)
                now = make_plan(self._wanted, state)
                _refuse(now)
                pg.run(target, now.schema)
                done += now.schema
        return done

    @contextmanager
    def _transaction(self, database: str) -> t.Iterator[pg.Connection]:
        with closing(pg.connect(self._account, database)) as connection, connection as transaction:
            yield transaction

    # --- checked -----------------------------------------------------------------------------------------------------

    def checked(self) -> Result:
        """Problems, and whether there is anything to do; nothing is changed."""
        result: Result = {"problems": [], "warnings": [], "installed": True, "server_ready": True, "up_to_date": False}
        server = self._params["server"]
        try:
            if self._params["prepared"]:
                self.verified()
                return {**result, "up_to_date": True}
            if server and server["any_port"] and self._account.port not in ports():
                self._account = replace(self._account, port=next(iter(ports()), self._account.port))
            plan = self._look()[0]
            problems = [problem.told(self._params["labels"]) for problem in plan.problems]
            result.update(problems=problems, up_to_date=not plan.actions, actions=[action.text for action in plan.actions])
            result["warnings"] = plan.warnings
            if server:
                result.update(self._server(server))
        except DatabaseError as error:
            if server and isinstance(error, UnreachableError):
                room = room_for_a_server(self._account.port, server["data_folder"], server["min_free_mb"])
                problems = [problem.told(self._params["labels"]) for problem in room]
                return {**result, "installed": False, "server_ready": False, "problems": problems, "cause": str(error)}
            result["problems"] = [error.told(self._params["labels"])]
        return result

    def _server(self, wanted: t.Mapping[str, t.Any]) -> Result:
        with closing(pg.connect(self._account, self._params["maintenance_db"])) as connection:
            found = differences(connection, wanted, self._wanted.database, [user.name for user in self._wanted.users])
            places = files(connection)
            to_do = due(connection, wanted, places)
            found += [f"it has not read what its files say, and is to {to_do}"] if to_do else []
            return {"server_differences": found, "server_ready": not found, "server_due": to_do, "server_files": places}

    # --- verified ----------------------------------------------------------------------------------------------------

    def verified(self) -> Result:
        """As the components' user: insert, find, change and delete a row in each table, and leave no trace."""
        with closing(pg.connect(self._account, self._wanted.database, self._params["wait"])) as connection:
            state = State(database_exists=True)
            pg.read_database(connection, self._wanted, state)
            problems = []
            for table in self._wanted.tables:
                found = state.tables.get(table.name)
                if found is None:
                    problems.append(f"table {table.name} is missing")
                else:
                    wrong = column_differences(found)
                    problems += [f"table {table.name}: {text}" for text in wrong] if wrong else self._probe(connection, table)
        if problems:
            text = f"database {self._wanted.database} is not ready for user {self._account.user}: {', '.join(problems)}"
            raise DatabaseError(f"{text}; have this made there, or give an administrator's account", "login_user")
        return {"changed": False, "tables": [table.name for table in self._wanted.tables]}

    def _probe(self, connection: pg.Connection, table: Table) -> list[str]:
        name = (self._wanted.schema, table.name)
        steps = (
            ("insert", "INSERT INTO {} (data) VALUES (%s)"),
            ("select", "SELECT data FROM {} WHERE data @> %s"),
            ("update", "UPDATE {} SET data = data WHERE data @> %s"),
            ("delete", "DELETE FROM {} WHERE data @> %s"),
        )
        try:
            for word, statement in steps:
                pg.run(connection, [Action(f"{word} in {table.name}", statement, (name,), (_PROBE,))])
        except DatabaseError as error:
            return [str(error)]
        finally:
            connection.rollback()
        return []

    # --- absent ------------------------------------------------------------------------------------------------------

    def absent(self) -> Result:
        """Take the users away, and the data only when the database is named a second time for that."""
        try:
            state = self._look()[1]
        except UnreachableError:
            return _result([], Plan())
        named = self._params["delete_data"]
        if named and named != self._wanted.database:
            raise DatabaseError(f"delete_data names {named}, but the database is {self._wanted.database}; nothing was changed")
        plan = Plan()
        owners = {table.owner for table in state.tables.values()}
        for name in state.roles:
            if name in owners and not named:
                plan.warnings.append(f"user {name} owns tables and stays")
                continue
            if state.database_exists and not named:
                plan.schema.append(Action(f"revoke the rights of {name}", "DROP OWNED BY {}", ((name,),)))
            plan.roles.append(Action(f"drop user {name}", "DROP ROLE {}", ((name,),)))
        if named and state.database_exists:
            plan.database.append(Action(f"drop database {named} with its data", "DROP DATABASE {}", ((named,),)))
        if not self._check_mode:
            self._take_away(plan)
        return _result([*plan.schema, *plan.database, *plan.roles], plan)

    def _take_away(self, plan: Plan) -> None:
        if plan.schema:
            with self._transaction(self._wanted.database) as target:
                pg.run(target, plan.schema)
        if plan.database or plan.roles:
            with closing(pg.connect(self._account, self._params["maintenance_db"])) as connection:
                connection.autocommit = True  # DROP DATABASE runs in no transaction
                pg.run(connection, [*plan.database, *plan.roles])


def _refuse(plan: Plan) -> None:
    if plan.problems:
        raise DatabaseError("; ".join(str(problem) for problem in plan.problems))


def _result(done: t.Sequence[Action], plan: Plan) -> Result:
    texts = [action.text for action in done]
    after = "".join(f"{text}\n" for text in texts)
    return {"changed": bool(done), "actions": texts, "warnings": plan.warnings, "diff": {"before": "", "after": after}}
