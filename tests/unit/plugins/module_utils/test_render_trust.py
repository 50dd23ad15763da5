# SPDX-License-Identifier: Apache-2.0
"""Pods that speak TLS know by whom: through what their client libraries read, and only where the settings say so."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.client_objects import client_objects
from ansible_collections.neursafe.fl.plugins.filter.server_objects import server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._release import brought_back, digest

DB, STORE = "-----BEGIN CERTIFICATE-----\ndatabase\n", "-----BEGIN CERTIFICATE-----\nstore\n"
SERVER: dict[str, Any] = {
    "instance": "fl",
    "k8s": {"cluster_dns": "10.96.0.10"},
    "db": {"address": "10.0.0.3:5432", "username": "fl", "password": "canary-db", "sslmode": "verify-full", "ca": DB},
    "storage": {"address": "https://10.0.0.4:9000", "username": "key", "password": "canary-s3", "ca": STORE},
    "proxy": {"token": "canary-token"},
}
CLIENT: dict[str, Any] = {
    "instance": "site",
    "task_manager": {"image": "tm:1", "server_address": "10.0.0.1:30091", "external_address": "10.0.0.2:30090"},
    "db": SERVER["db"],
}
LIBPQ = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/nsfl-ca/database.crt"}
MONGO: dict[str, Any] = {**SERVER["db"], "type": "mongo", "address": "10.0.0.3:27017"}
BOTO = {"AWS_CA_BUNDLE": "/etc/nsfl-ca/storage.crt"}


def without(settings: dict[str, Any]) -> dict[str, Any]:
    plain = {
        key: {k: v for k, v in value.items() if k not in ("ca", "sslmode")} for key, value in settings.items() if isinstance(value, dict)
    }
    return {**settings, **plain}


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item["spec"]["template"] for item in objects if item["kind"] == "Deployment"}


def trust(template: dict[str, Any]) -> dict[str, str]:
    names = {*LIBPQ, *BOTO}
    return {item["name"]: item["value"] for item in template["spec"]["containers"][0]["env"] if item["name"] in names}


def test_each_component_knows_those_that_it_speaks_to() -> None:
    objects = server_objects(SERVER)
    assert {name: trust(template) for name, template in pods(objects).items()} == {
        "nsfl-job-scheduler": LIBPQ,
        "nsfl-client-selector": {},
        "nsfl-model-manager": {**BOTO, **LIBPQ},
        "nsfl-proxy": {},
    }
    assert trust(pods(client_objects(CLIENT))["nsfl-task-manager"]) == LIBPQ


@pytest.mark.parametrize(
    ("objects", "name"), [(server_objects(SERVER), "nsfl-model-manager"), (client_objects(CLIENT), "nsfl-task-manager")]
)
def test_the_files_are_mounted_where_the_variables_say(objects: list[dict[str, Any]], name: str) -> None:
    spec = pods(objects)[name]["spec"]
    (authorities,) = [item for item in objects if item["kind"] == "ConfigMap"]
    (volume,) = [item for item in spec["volumes"] if item["name"] == "authorities"]
    (mount,) = [item for item in spec["containers"][0]["volumeMounts"] if item["name"] == "authorities"]
    assert volume["configMap"]["name"] == authorities["metadata"]["name"]
    assert mount == {"name": "authorities", "mountPath": "/etc/nsfl-ca", "readOnly": True}
    paths = {value for value in trust(pods(objects)[name]).values() if value.startswith("/")}
    assert {f"{mount['mountPath']}/{key}" for key in authorities["data"]} == paths
    # Applied before the pods that need it.
    kinds = [item["kind"] for item in objects]
    assert kinds.index("ConfigMap") < kinds.index("Deployment")


def test_without_tls_nothing_of_it_is_there() -> None:
    for objects in (server_objects(without(SERVER)), client_objects(without(CLIENT))):
        assert [item for item in objects if item["kind"] == "ConfigMap"] == []
        assert "nsfl-ca" not in str(objects)
        assert "PGSSL" not in str(objects)


def test_another_authority_restarts_those_that_have_to_know_it() -> None:
    other = {**SERVER, "db": {**SERVER["db"], "ca": DB + "more"}}
    before, after = pods(server_objects(SERVER)), pods(server_objects(other))
    marks = {name for name in before if before[name]["metadata"] != after[name]["metadata"]}
    assert marks == {"nsfl-job-scheduler", "nsfl-model-manager"}


def test_the_successors_components_do_not_speak_to_the_store() -> None:
    objects = server_objects({**SERVER, "layout": "pvc"})
    assert trust(pods(objects)["nsfl-model-manager"]) == LIBPQ
    assert [set(item["data"]) for item in objects if item["kind"] == "ConfigMap"] == [{"database.crt"}]


def test_a_users_option_takes_the_place() -> None:
    own = {**SERVER, "job_scheduler": {"options": {"PGSSLMODE": "verify-ca"}}}
    assert trust(pods(server_objects(own))["nsfl-job-scheduler"])["PGSSLMODE"] == "verify-ca"


def test_a_release_is_brought_back_with_the_authorities_of_now() -> None:
    then, now = server_objects(SERVER), server_objects({**SERVER, "db": {**SERVER["db"], "ca": "new"}})
    back = brought_back(now, {"objects": then}, "fl")
    assert [item["data"]["database.crt"] for item in back if item["kind"] == "ConfigMap"] == ["new"]
    authorities = [[item for item in objects if item["kind"] == "ConfigMap"] for objects in (then, now)]
    assert digest(authorities[0], "fl") == digest(authorities[1], "fl")


def addresses(db: dict[str, Any]) -> set[str]:
    """Where each component is told that the database is."""
    objects = [
        *server_objects({**SERVER, "db": db}),
        *server_objects({**SERVER, "db": db, "layout": "pvc"}),
        *client_objects({**CLIENT, "db": db}),
    ]
    env = [item for template in pods(objects).values() for item in template["spec"]["containers"][0]["env"]]
    assert not [item for item in env if item["name"].startswith("PGSSL") and db.get("type") == "mongo"]
    return {item["value"] for item in env if item["name"] == "DB_ADDRESS"}


def test_mongodbs_library_has_it_from_the_uri() -> None:
    known = "mongodb://10.0.0.3:27017/?tls=true&tlsCAFile=/etc/nsfl-ca/database.crt"
    assert addresses(MONGO) == {known}
    assert addresses({**MONGO, "sslmode": ""}) == {known}
    assert addresses({**MONGO, "sslmode": "verify-ca"}) == {f"{known}&tlsAllowInvalidHostnames=true"}
    assert addresses({**MONGO, "ca": "", "sslmode": "require"}) == {"mongodb://10.0.0.3:27017/?tls=true&tlsAllowInvalidCertificates=true"}
    assert addresses({**MONGO, "ca": "", "sslmode": ""}) == {"10.0.0.3:27017"}
    assert addresses({**MONGO, "sslmode": "disable"}) == {"mongodb://10.0.0.3:27017/?tls=false"}
    assert addresses({**MONGO, "address": "mongodb://a:1,b:2/?tls=true"}) == {
        "mongodb://a:1,b:2/?tls=true&tlsCAFile=/etc/nsfl-ca/database.crt"
    }
    assert addresses(SERVER["db"]) == {"10.0.0.3:5432"}


def test_for_mongodb_the_file_is_mounted_too() -> None:
    for objects in (server_objects({**SERVER, "db": MONGO}), client_objects({**CLIENT, "db": MONGO})):
        name = "nsfl-job-scheduler" if "nsfl-job-scheduler" in pods(objects) else "nsfl-task-manager"
        spec = pods(objects)[name]["spec"]
        (mount,) = [item for item in spec["containers"][0]["volumeMounts"] if item["name"] == "authorities"]
        (authorities,) = [item for item in objects if item["kind"] == "ConfigMap"]
        assert mount["mountPath"] == "/etc/nsfl-ca" and authorities["data"]["database.crt"] == DB
        assert {item["configMap"]["name"] for item in spec["volumes"] if item["name"] == "authorities"} == {authorities["metadata"]["name"]}
