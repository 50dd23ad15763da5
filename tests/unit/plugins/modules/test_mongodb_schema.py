# SPDX-License-Identifier: Apache-2.0
"""A MongoDB database from nothing on, against a strict stand-in: first user, rights, indexes, passwords, and the words of failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb import Account
from ansible_collections.neursafe.fl.plugins.modules import mongodb_schema
from module_call import answer_of
from mongod_fake import Mongod

Call = Callable[..., dict[str, Any]]
USERS = [{"name": "nsfl", "password": "canary-1"}]
COLLECTIONS = [{"name": "jobs", "unique": ["namespace", "id"]}, {"name": "models", "unique": ["id"]}, {"name": "tasks"}]
SITE = {"name": "site", "password": "canary-2", "collections": ["tasks"]}
LABELS = {"login_password": "nsfl_database_admin_password", "login_host": "nsfl_database_address", "collections": "nsfl_database_tables"}


@pytest.fixture
def mongod() -> Iterator[Mongod]:
    server = Mongod()
    yield server
    server.stop()


@pytest.fixture
def call(mongod: Mongod, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(**changes: Any) -> dict[str, Any]:
        arguments = {
            "login_host": mongod.address,
            "login_user": "boss",
            "login_password": "canary-0",
            "first_user": True,
            "database": "fl",
            "users": USERS,
            "collections": COLLECTIONS,
            "labels": LABELS,
            "wait": 1,
        }
        return answer_of(mongodb_schema, capsys, arguments | changes)

    return run


def as_user(call: Call, **changes: Any) -> dict[str, Any]:
    login = {"login_user": "nsfl", "login_password": "canary-1", "login_database": "fl", "first_user": False, "users": []}
    return call(**{**login, "state": "verified", **changes})


def test_from_a_server_without_users_to_one_that_has_nothing_to_do(call: Call, mongod: Mongod) -> None:
    assert call(state="checked", _ansible_check_mode=True)["up_to_date"] is False
    foreseen = call(_ansible_check_mode=True)["actions"]
    assert mongod.users == {} and mongod.data == {}
    first = call()
    assert first["changed"] and first["actions"] == foreseen
    assert foreseen[0] == "create the administrator boss" and foreseen[-1] == "create user nsfl"
    commands = len(mongod.commands)
    again = call()
    assert not again["changed"] and again["actions"] == []
    assert call(state="checked")["up_to_date"]
    assert not {"create", "createIndexes", "createUser", "updateUser"} & set(mongod.commands[commands:])


def test_the_user_lives_in_the_database_and_may_use_nothing_else(call: Call, mongod: Mongod) -> None:
    call()
    assert mongod.users["fl", "nsfl"]["roles"] == [{"role": "readWrite", "db": "fl"}]
    assert as_user(call)["collections"] == ["jobs", "models", "tasks"]
    assert mongod.data["fl"]["jobs"]["documents"] == []
    elsewhere = as_user(call, database="other")
    assert "may not list the collections" in elsewhere["msg"]


def test_a_user_of_some_collections_has_a_role_for_them(call: Call, mongod: Mongod) -> None:
    call(users=[*USERS, SITE])
    assert not call(users=[*USERS, SITE])["changed"]
    site = {"login_user": "site", "login_password": "canary-2"}
    assert as_user(call, **site, collections=[{"name": "tasks"}])["collections"] == ["tasks"]
    assert "may not insert in jobs" in as_user(call, **site)["msg"]
    more = call(users=[*USERS, {**SITE, "collections": ["tasks", "jobs"]}])
    assert more["actions"] == ["let the role site_collections use tasks, jobs"]


def test_a_new_password_is_one_run(call: Call) -> None:
    call()
    changed = call(users=[{"name": "nsfl", "password": "canary-new"}])
    assert changed["actions"] == ["set the password of nsfl"]
    assert "refuses user nsfl of database fl" in as_user(call)["msg"]
    assert not as_user(call, login_password="canary-new")["changed"]


def test_rights_beyond_the_wanted_are_taken_away(call: Call, mongod: Mongod) -> None:
    call()
    mongod.users["fl", "nsfl"]["roles"] = [{"role": "readWriteAnyDatabase", "db": "admin"}]
    assert call()["actions"] == ["give nsfl the role readWrite and no other"]
    assert mongod.users["fl", "nsfl"]["roles"] == [{"role": "readWrite", "db": "fl"}]


def test_an_administrator_with_another_password_is_no_first_user(call: Call, mongod: Mongod) -> None:
    call()
    wrong = call(login_password="canary-wrong")
    assert wrong["msg"].startswith("nsfl_database_admin_password: ") and "refuses user boss of database admin" in wrong["msg"]
    assert set(mongod.users) == {("admin", "boss"), ("fl", "nsfl")}


def test_without_an_administrator_nothing_is_tried(call: Call, mongod: Mongod) -> None:
    (problem,) = call(first_user=False, state="checked")["problems"]
    assert problem.startswith("nsfl_database_admin_password: ") and mongod.users == {}


def test_an_account_without_the_rights_is_told_so(call: Call, mongod: Mongod) -> None:
    call()
    refused = call(login_user="nsfl", login_password="canary-1", login_database="fl", first_user=False)
    assert "login_user: this account may not read the users" in refused["msg"]


def test_a_prepared_database_is_proved(call: Call, mongod: Mongod) -> None:
    call()
    del mongod.data["fl"]["tasks"]
    (problem,) = as_user(call, state="checked", prepared=True)["problems"]
    assert "collection tasks is missing" in problem
    mongod.data["fl"]["tasks"] = {"documents": [], "indexes": []}
    assert as_user(call, state="checked", prepared=True)["up_to_date"]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({"documents": [], "indexes": [{"key": {"id": 1}, "name": "x"}]}, "the index of models on id is not unique"),
        ({"documents": [], "indexes": [], "type": "view"}, "models is a view in fl"),
        ({"documents": [{"id": 1}, {"id": 1}], "indexes": []}, "documents there have the same values"),
    ],
)
def test_what_is_in_the_way_is_named_and_left_alone(call: Call, mongod: Mongod, there: dict[str, Any], words: str) -> None:
    call(collections=[])
    mongod.data["fl"] = {"models": dict(there)}
    refused = call()
    assert words in refused["msg"] and refused["msg"].startswith("nsfl_database_tables: ")
    assert mongod.data["fl"]["models"] == there


def test_absent_keeps_the_data_until_it_is_named(call: Call, mongod: Mongod) -> None:
    call(users=[*USERS, SITE])
    assert call(users=[*USERS, SITE], state="absent")["actions"] == ["drop user nsfl", "drop user site", "drop role site_collections"]
    assert not call(state="absent")["changed"] and set(mongod.data["fl"]) == {"jobs", "models", "tasks"}
    assert "nothing was changed" in call(state="absent", delete_data="other")["msg"]
    assert call(state="absent", delete_data="fl")["actions"] == ["drop database fl with its data"]
    assert not call(state="absent", delete_data="fl")["changed"] and mongod.data == {}


def test_no_password_is_in_an_answer(call: Call) -> None:
    answers = [
        call(state="checked"),
        call(_ansible_diff=True),
        call(login_password="canary-wrong"),
        as_user(call, login_password="canary-x"),
    ]
    assert "canary" not in str([{**answer, "invocation": None} for answer in answers])


def test_a_server_that_is_not_there(call: Call, mongod: Mongod) -> None:
    gone = {"login_host": "127.0.0.1:1", "state": "checked"}
    (problem,) = call(**gone)["problems"]
    assert problem.startswith("nsfl_database_address: MongoDB at 127.0.0.1:1 cannot be reached: ")
    assert call(**gone, may_be_missing=True)["installed"] is False
    assert call(login_host="127.0.0.1:1", _ansible_check_mode=True)["changed"]


@pytest.mark.parametrize("changes", [{"login_host": "mongodb://h:port"}, {"ca_cert": "/no/such/file"}])
def test_an_address_that_is_none(call: Call, changes: dict[str, Any]) -> None:
    assert "cannot be used as an address" in call(**changes)["msg"]


def test_secrets_are_marked() -> None:
    users: Any = mongodb_schema.OPTIONS["users"]
    assert mongodb_schema.OPTIONS["login_password"]["no_log"] and users["options"]["password"]["no_log"]
    assert "canary" not in repr(Account("h:1", "u", "canary"))
    assert Account("mongodb://u:canary@h:1,i:2/?x=y").place == "h:1,i:2"


def test_an_administrator_known_by_the_former_password_gets_the_new_one(call: Call, mongod: Mongod) -> None:
    call()
    renewed = {"login_password": "canary-9", "login_former_password": "canary-0"}
    looked = call(state="checked", **renewed)
    assert looked["problems"] == [] and looked["actions"] == ["set the password of the administrator boss"]
    foreseen = call(_ansible_check_mode=True, **renewed)["actions"]
    assert foreseen == looked["actions"] and call()["actions"] == []
    assert call(**renewed)["actions"] == foreseen
    assert "refuses user boss" in call()["msg"]
    # The same again, as after a run that was killed: there is nothing left to do.
    assert call(**renewed)["actions"] == []


def test_a_former_password_that_is_wrong_as_well_helps_nobody(call: Call) -> None:
    call()
    assert "refuses user boss" in call(login_password="canary-8", login_former_password="canary-9")["msg"]
