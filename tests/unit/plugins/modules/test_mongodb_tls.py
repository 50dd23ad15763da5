# SPDX-License-Identifier: Apache-2.0
"""MongoDB over TLS: who is known by whom, and what is said while a server has another certificate than it is to have, or none."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mongod_tls
import pymongo
import pytest
from ansible_collections.neursafe.fl.plugins.modules import database_rows, mongodb_schema, secret_proof
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import Pair, make_authority, make_certificate
from module_call import answer_of
from mongod_fake import Mongod

Call = Callable[..., dict[str, Any]]
NOW = datetime.datetime.now(datetime.UTC)
# What a look is told of a server that this collection installs.
OURS = {"state": "checked", "may_be_missing": True}
FULL = {"sslmode": "verify-full"}


def signed(folder: Path, name: str = "127.0.0.1", days: int = 20, now: datetime.datetime = NOW) -> dict[str, str]:
    """Settings of a server with a certificate of an authority of its own, as the role writes them."""
    authority: Pair = make_authority(now)
    made = make_certificate(authority, "database-node-1", [name], days, now, True)
    folder.mkdir(exist_ok=True)
    (folder / "ca.crt").write_text(authority.certificate, encoding="utf-8")
    (folder / "server.pem").write_text(made.key + made.certificate, encoding="utf-8")
    files = {"certificateKeyFile": f"{folder}/server.pem", "CAFile": f"{folder}/ca.crt"}
    return {"mode": "requireTLS", **files, "allowConnectionsWithoutCertificates": "true"}


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[Mongod]:
    server = Mongod(mongod_tls.context(signed(tmp_path)))
    yield server
    server.stop()


@pytest.fixture
def other_ca(tmp_path: Path) -> str:
    return signed(tmp_path / "other")["CAFile"]


@pytest.fixture
def call(mongod: Mongod, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(**changes: Any) -> dict[str, Any]:
        login = {"login_host": mongod.address, "login_user": "boss", "login_password": "canary-0", "first_user": True, "wait": 1}
        wanted = {"database": "fl", "users": [{"name": "nsfl", "password": "canary-1"}], "collections": [{"name": "jobs"}]}
        labels = {"sslmode": "nsfl_database_sslmode", "login_host": "nsfl_database_address"}
        arguments = {**login, **wanted, **FULL, "ca_cert": str(tmp_path / "ca.crt"), "labels": labels}
        return answer_of(mongodb_schema, capsys, {name: value for name, value in (arguments | changes).items() if value is not None})

    return run


def test_everything_is_done_with_a_server_that_is_known(call: Call) -> None:
    assert call()["changed"] and not call()["changed"]
    login = {"login_user": "nsfl", "login_password": "canary-1", "login_database": "fl", "first_user": False, "users": []}
    assert call(**login, state="verified")["collections"] == ["jobs"]
    assert call(state="absent")["changed"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ca_cert": "other"}, "nsfl_database_sslmode: MongoDB at 127.0.0.1:[0-9]+: TLS fails: .*verify failed"),
        ({"ca_cert": None}, "nsfl_database_sslmode: .*verify failed"),
        ({"ca_cert": None, "sslmode": "verify-ca"}, "nsfl_database_sslmode: .*verify failed"),
        ({"ca_cert": "other", "sslmode": "verify-ca"}, "nsfl_database_sslmode: .*verify failed"),
        ({"ca_cert": "other", "sslmode": "require"}, "nsfl_database_sslmode: .*verify failed"),
        ({"sslmode": "disable"}, "nsfl_database_address: .*wants TLS"),
        ({"ca_cert": None, "sslmode": "prefer"}, "nsfl_database_address: .*wants TLS"),
    ],
)
def test_no_other_server_is_spoken_to(call: Call, mongod: Mongod, other_ca: str, changes: dict[str, Any], words: str) -> None:
    given = {**changes, **({"ca_cert": other_ca} if changes.get("ca_cert") == "other" else {})}
    for state in ({}, {"state": "checked"}, {"state": "absent"}) if "wants" not in words else ({}, {"state": "checked"}):
        answer = call(**given, **state)
        said = answer.get("msg") or answer["problems"][0]
        assert re.search(words, said) and mongod.users == {}


def test_the_name_counts(tmp_path: Path, call: Call) -> None:
    server = Mongod(mongod_tls.context(signed(tmp_path, name="db.example")))
    try:
        assert "IP address mismatch" in call(login_host=server.address)["msg"]
        assert call(login_host=server.address, sslmode="verify-ca")["changed"]
    finally:
        server.stop()


def test_a_uri_has_the_last_word_and_the_pods_path_is_not_ours(call: Call, mongod: Mongod) -> None:
    place = f"mongodb://{mongod.address}/?tlsCAFile=/etc/nsfl-ca/database.crt"
    assert call(login_host=place)["changed"]
    assert "wants TLS" in call(login_host=f"{place}&tls=false")["msg"]


def test_until_it_is_restarted_nothing_is_told_of_what_is_in_it(call: Call, mongod: Mongod, other_ca: str) -> None:
    """With the certificate of before, without any, or with one while it is to have none."""
    call()
    plain = Mongod()
    try:
        for given in ({"ca_cert": other_ca}, {"login_host": plain.address}, {"sslmode": "disable"}):
            looked = call(**given, **OURS, restart_due=True)
            assert (looked["problems"], looked["installed"], looked["up_to_date"]) == ([], True, False)
            foreseen = call(**given, may_be_missing=True, restart_due=True, _ansible_check_mode=True)
            assert not foreseen["changed"] and foreseen["actions"] == []
            # Not so in fact: then it has been restarted, and is as it is.
            assert call(**given, may_be_missing=True, restart_due=True)["failed"]
            assert call(**given, restart_due=True, state="absent")["failed"]
        assert plain.users == {}
    finally:
        plain.stop()


def test_a_running_server_that_is_not_known_is_a_problem(call: Call, other_ca: str) -> None:
    (problem,) = call(**OURS, ca_cert=other_ca)["problems"]
    assert "give the CA that signed its certificate" in problem
    assert "verify failed" in call(may_be_missing=True, ca_cert=other_ca, _ansible_check_mode=True)["msg"]


def test_the_authority_may_come_with_the_server(call: Call, tmp_path: Path) -> None:
    nobody = {"login_host": "127.0.0.1:1", "ca_cert": str(tmp_path / "none.crt"), "may_be_missing": True}
    looked = call(**nobody, state="checked")
    assert (looked["problems"], looked["installed"]) == ([], False)
    assert call(**nobody, _ansible_check_mode=True)["changed"]
    # But whoever is there is not taken for it.
    assert "verify failed" in call(**OURS, ca_cert=str(tmp_path / "none.crt"))["problems"][0]
    assert "cannot be used as an address" in call(ca_cert=str(tmp_path / "none.crt"))["msg"]


def test_rows_and_proofs_check_it_too(call: Call, mongod: Mongod, other_ca: str, tmp_path: Path, capsys: Any) -> None:
    call()
    rows = {"type": "mongo", "login_host": mongod.address, "login_user": "nsfl", "login_password": "canary-1", "database": "fl"}
    proof = {"secret": "database_password", "type": "mongodb", "address": mongod.address, "user": "nsfl", "database": "fl"}

    def saved(ca: str) -> dict[str, Any]:
        return answer_of(database_rows, capsys, {**rows, **FULL, "tables": ["jobs"], "ca_cert": ca})

    def proven(ca: str) -> dict[str, Any]:
        check = {**proof, **FULL, "ca_path": ca, "current": "canary-1", "former": "canary-9"}
        return answer_of(secret_proof, capsys, {"checks": [check], "wait": 0})

    ours = str(tmp_path / "ca.crt")
    assert saved(ours)["counts"] == {"jobs": 0} and proven(ours)["proven"] == ["database_password"]
    assert "verify failed" in saved(other_ca)["msg"] and "verify failed" in proven(other_ca)["msg"]


def test_the_stand_in_is_strict(tmp_path: Path) -> None:
    good = signed(tmp_path)
    text = "net:\n  bindIp: 0.0.0.0\n  port: 1\n  tls:\n" + "".join(f"    {name}: {value}\n" for name, value in good.items()) + "x:\n"
    assert mongod_tls.settings(text) == good and mongod_tls.settings("net:\n  port: 1\n") == {}
    assert mongod_tls.context({}) is None
    expired = signed(tmp_path / "expired", now=NOW - datetime.timedelta(days=30))
    for wrong in ({**good, "mode": "allowTLS"}, {**good, "CAFile": ""}, {**good, "x": "y"}, expired):
        with pytest.raises((ValueError, OSError)):
            mongod_tls.context(wrong)
    strict = Mongod(mongod_tls.context({**good, "allowConnectionsWithoutCertificates": "false"}))
    try:
        client: Any = pymongo.MongoClient(strict.address, tls=True, tlsCAFile=good["CAFile"], serverSelectionTimeoutMS=500)
        with client, pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
            client.admin.command("ping")
    finally:
        strict.stop()
