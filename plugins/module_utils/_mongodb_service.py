# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the module mongodb_schema: make it so, look at it, prove it as the components' user, or take it away."""

from __future__ import annotations

import os
import typing as t
import uuid
from contextlib import closing
from dataclasses import replace

from ansible_collections.neursafe.fl.plugins.module_utils import _mongodb as mongo
from ansible_collections.neursafe.fl.plugins.module_utils._database_error import (
    DatabaseError,
    TlsError,
    UnreachableError,
    WrongPasswordError,
)
from ansible_collections.neursafe.fl.plugins.module_utils._database_wanted import Table, tables_and_users
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb import Account
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_plan import (
    Action,
    Plan,
    State,
    Wanted,
    another_password,
    first_administrator,
    make_plan,
    removal,
)

Result = dict[str, t.Any]


class SchemaService:
    """The state of one database on one server."""

    def __init__(self, params: t.Mapping[str, t.Any], check_mode: bool) -> None:
        self._params = params
        self._check_mode = check_mode
        ca_cert = params["ca_cert"] or ""
        if params["may_be_missing"] and (check_mode or params["state"] == "checked") and not os.path.exists(ca_cert):
            ca_cert = ""  # it comes with the server; until then no certificate holds by it
        self._account = Account(
            address=params["login_host"],
            user=params["login_user"],
            password=params["login_password"],
            database=params["login_database"],
            sslmode=params["sslmode"],
            ca_cert=ca_cert,
            timeout=max(params["wait"], 1),
        )
        self._done: tuple[Action, ...] = ()
        self._wanted = Wanted(params["database"], *tables_and_users(params, "collections"))

    # --- present -----------------------------------------------------------------------------------------------------

    def present(self) -> Result:
        """Run what is missing; in check mode only say it."""
        try:
            self._renewed_administrator()
            self._first_administrator()
            plan = self._look()
        except (UnreachableError, TlsError, WrongPasswordError) as error:
            if not self._check_mode:
                raise
            plan = self._foreseen(error)
        if plan.problems:
            raise DatabaseError("; ".join(str(problem) for problem in plan.problems), "collections")
        if not self._check_mode:
            with closing(mongo.connect(self._account)) as client:
                mongo.run(client, [action for action in plan.actions if action not in self._done])
        return _result(plan)

    def _renewed_administrator(self) -> None:
        """Where the server knows the account by its former password only, a look goes by that one, and else it gets the one of now."""
        former = replace(self._account, password=self._params["login_former_password"])
        if not former.password or not self._refused(self._account) or self._refused(former):
            return
        action = another_password(former.database, former.user, self._account.password)
        self._done = (action,)
        if self._looks_only:
            self._account = former
            return
        with closing(mongo.connect(former)) as client:
            mongo.run(client, [action])

    @property
    def _looks_only(self) -> bool:
        return self._check_mode or self._params["state"] != "present"

    @staticmethod
    def _refused(account: Account) -> bool:
        try:
            mongo.connect(account).close()
        except WrongPasswordError:
            return True
        return False

    def _first_administrator(self) -> None:
        """A server that was installed with authentication on knows nobody yet, and takes one user from its own host."""
        if not self._params["first_user"] or self._check_mode:
            return
        try:
            mongo.connect(self._account).close()
        except WrongPasswordError as refused:
            action = first_administrator(self._account.user, self._account.password)
            with closing(mongo.connect(replace(self._account, user="", password=""))) as client:
                try:
                    mongo.run(client, [action])
                except DatabaseError:
                    # It knows users already, so the password is wrong indeed.
                    raise refused from None
            self._done = (*self._done, action)

    def _look(self) -> Plan:
        with closing(mongo.connect(self._account)) as client:
            self._wanted = replace(self._wanted, with_roles=mongo.has_roles(client))
            plan = make_plan(self._wanted, mongo.read_state(client, self._wanted, self._account))
        plan.actions[:0] = self._done
        return plan

    def _foreseen(self, error: DatabaseError) -> Plan:
        """In check mode an earlier task has not installed or restarted the server, or nobody has made its first user."""
        if self._params["restart_due"] and not isinstance(error, WrongPasswordError):
            return Plan(warnings=["the server is restarted first; what its database lacks is told once it answers as it is to"])
        if isinstance(error, TlsError) or (isinstance(error, WrongPasswordError) and not self._params["first_user"]):
            raise error
        return self._from_nothing()

    def _from_nothing(self) -> Plan:
        plan = make_plan(self._wanted, State())
        if self._params["first_user"]:
            plan.actions.insert(0, first_administrator(self._account.user, self._account.password))
        return plan

    # --- checked -----------------------------------------------------------------------------------------------------

    def checked(self) -> Result:
        """Problems, and whether there is anything to do; nothing is changed."""
        result: Result = {"problems": [], "warnings": [], "installed": True, "up_to_date": False}
        labels = self._params["labels"]
        try:
            if self._params["prepared"]:
                self.verified()
                return {**result, "up_to_date": True}
            self._renewed_administrator()
            plan = self._look()
        except WrongPasswordError as error:
            if not self._params["first_user"]:
                return {**result, "problems": [error.told(labels)]}
            # Whether it knows nobody yet, or somebody else, is only told by trying.
            plan = self._from_nothing()
        except (UnreachableError, TlsError) as error:
            if self._params["restart_due"]:
                return {**result, "cause": str(error)}
            if self._params["may_be_missing"] and isinstance(error, UnreachableError):
                return {**result, "installed": False, "cause": str(error)}
            return {**result, "problems": [error.told(labels)]}
        except DatabaseError as error:
            return {**result, "problems": [error.told(labels)]}
        problems = [problem.told(labels) for problem in plan.problems]
        actions = [action.text for action in plan.actions]
        return {**result, "problems": problems, "warnings": plan.warnings, "actions": actions, "up_to_date": not actions}

    # --- verified ----------------------------------------------------------------------------------------------------

    def verified(self) -> Result:
        """As the components' user: insert, find, change and delete a document in each collection."""
        with closing(mongo.connect(self._account)) as client:
            there = mongo.collections(client, self._wanted.database)
            names = [one.name for one in self._wanted.collections]
            problems = [f"collection {name} is missing" for name in names if name not in there]
            for collection in self._wanted.collections:
                if collection.name in there:
                    problems += self._probe(client, collection)
        if problems:
            text = f"database {self._wanted.database} is not ready for user {self._account.user}: {', '.join(problems)}"
            raise DatabaseError(f"{text}; have this made there, or give an administrator's account", "login_user")
        return {"changed": False, "collections": names}

    def _probe(self, client: mongo.Client, collection: Table) -> list[str]:
        """There is no taking back as in a transaction, so the document has a name that is nobody else's, and goes at once."""
        mark, name = f"nsfl-probe-{uuid.uuid4()}", collection.name
        match = {"nsfl": mark}
        document = {**dict.fromkeys(collection.unique, mark), **match}
        steps = (
            ("insert", {"insert": name, "documents": [document]}),
            ("find", {"find": name, "filter": match, "sort": {"start_time": 1}}),
            ("update", {"update": name, "updates": [{"q": match, "u": {**document, "changed": True}}]}),
            ("delete", {"delete": name, "deletes": [{"q": match, "limit": 0}]}),
        )
        try:
            for word, command in steps:
                mongo.run(client, [Action(f"{word} in {name}", self._wanted.database, command)])
        except DatabaseError as error:
            return [str(error)]
        return []

    # --- absent ------------------------------------------------------------------------------------------------------

    def absent(self) -> Result:
        """Take the users away, and the data only when the database is named a second time for that."""
        named = self._params["delete_data"]
        if named and named != self._wanted.database:
            raise DatabaseError(f"delete_data names {named}, but the database is {self._wanted.database}; nothing was changed")
        try:
            client = mongo.connect(self._account)
        except UnreachableError as error:
            if self._params["restart_due"]:
                raise UnreachableError(f"{error}. It runs with other settings than those of now; bring it these first") from error
            return _result(Plan())
        with closing(client):
            self._wanted = replace(self._wanted, with_roles=mongo.has_roles(client))
            plan = removal(self._wanted, mongo.read_state(client, self._wanted, self._account), bool(named))
            if not self._check_mode:
                mongo.run(client, plan.actions)
        return _result(plan)


def _result(plan: Plan) -> Result:
    texts = [action.text for action in plan.actions]
    after = "".join(f"{text}\n" for text in texts)
    return {"changed": bool(texts), "actions": texts, "warnings": plan.warnings, "diff": {"before": "", "after": after}}
