# SPDX-License-Identifier: Apache-2.0
"""The API server: paths, providers, rights, certificates."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha1
from typing import Any

import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.filter.api_server_objects import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._api_server_checks import api_server_problems


def settings(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"fl_namespaces": ["default", "team-b"], "api_server": {"image": "traefik:v3.6.12"}}
    return {**base, **{key: {**base[key], **value} if isinstance(base.get(key), dict) else value for key, value in more.items()}}


def of(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in objects if item["kind"] == kind]


def paths(ingress: dict[str, Any]) -> set[str]:
    return {entry["path"] for entry in ingress["spec"]["rules"][0]["http"]["paths"]}


def test_each_fl_namespace_is_named_and_no_path_is_an_expression() -> None:
    scheduler, manager = of(api_server_objects(settings()), "Ingress")
    assert paths(scheduler) == {"/api/v1/health", "/api/v1/namespaces/default/jobs", "/api/v1/namespaces/team-b/jobs"}
    assert paths(manager) == {"/api/v1/models", "/api/v1/namespaces/default/models", "/api/v1/namespaces/team-b/models"}
    assert not any(sign in path for path in paths(scheduler) | paths(manager) for sign in "(*.)")


def test_the_heartbeat_is_not_exposed() -> None:
    assert "heartbeat" not in str(api_server_objects(settings()))


def test_ingresses_are_named_as_upstream_and_have_a_class() -> None:
    ingresses = of(api_server_objects(settings(provider="ingress", api_server={"ingress_class": "nginx"})), "Ingress")
    assert [item["metadata"]["name"] for item in ingresses] == ["nsfl-job-scheduler", "nsfl-model-manager"]
    assert {item["spec"]["ingressClassName"] for item in ingresses} == {"nginx"}


def test_an_existing_class_needs_no_controller() -> None:
    assert {item["kind"] for item in api_server_objects(settings(provider="ingress"))} == {"Ingress", "NetworkPolicy"}


def test_plain_node_ports() -> None:
    objects = of(api_server_objects(settings(provider="nodeport")), "Service")
    assert [(item["metadata"]["name"], item["spec"]["ports"][0]["nodePort"]) for item in objects] == [
        ("nsfl-job-scheduler-external", 30083),
        ("nsfl-model-manager-external", 30085),
    ]


def test_https_is_open_only_with_a_certificate() -> None:
    (plain,) = of(api_server_objects(settings()), "Service")
    assert [port["nodePort"] for port in plain["spec"]["ports"]] == [30083]
    secured = api_server_objects(settings(api_server={"certificate": "BEGIN CERTIFICATE", "key": "PRIVATE KEY"}))
    (service,) = of(secured, "Service")
    assert [port["nodePort"] for port in service["spec"]["ports"]] == [30083, 30084]
    (secret,) = of(secured, "Secret")
    assert secret["type"] == "kubernetes.io/tls" and set(secret["data"]) == {"tls.crt", "tls.key"}
    assert all(item["spec"]["tls"] == [{"secretName": secret["metadata"]["name"]}] for item in of(secured, "Ingress"))
    assert "defaultCertificate" in of(secured, "ConfigMap")[0]["data"]["tls.yml"]


def test_plain_http_is_closed_on_demand_and_nobody_is_let_in_to_it() -> None:
    given = {"certificate": "BEGIN CERTIFICATE", "key": "PRIVATE KEY", "plain_http": False, "http_port": 80}
    objects = api_server_objects(settings(api_server=given))
    (service,) = of(objects, "Service")
    assert [port["nodePort"] for port in service["spec"]["ports"]] == [30084]
    (policy,) = [item for item in of(objects, "NetworkPolicy") if item["metadata"]["name"] == "nsfl-api-server"]
    assert [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]] == [8443]
    # Nor does anything listen for it, where no network enforces that.
    (container,) = of(objects, "Deployment")[0]["spec"]["template"]["spec"]["containers"]
    assert [word for word in container["args"] if ".address=" in word] == [
        "--entrypoints.traefik.address=:8080",
        "--entrypoints.websecure.address=:8443",
    ]
    assert [port["containerPort"] for port in container["ports"]] == [8443, 8080]
    # A port that is not used may be any.
    assert api_server_problems(settings(api_server={**given, "image": "registry.example.org/traefik:v3"})) == []


def test_over_https_whoever_comes_is_asked_for_the_password_and_over_plain_http_nobody() -> None:
    secret = {"username": "ward", "password": "Grüße: %s\"'"}
    objects = api_server_objects(settings(api_server={"certificate": "BEGIN CERTIFICATE", "key": "PRIVATE KEY", **secret}))
    (users,) = [item for item in of(objects, "Secret") if item["type"] == "Opaque"]
    name, _colon, digest = b64decode(users["data"]["users"]).decode().partition(":")
    # openssl dgst -sha1 -binary | base64, as `htpasswd -s` does.
    assert (name, digest) == ("ward", "{SHA}" + b64encode(sha1(secret["password"].encode()).digest()).decode())
    assert secret["password"] not in str(objects)
    spec = of(objects, "Deployment")[0]["spec"]["template"]["spec"]
    assert "--entrypoints.websecure.http.middlewares=users@file" in spec["containers"][0]["args"]
    assert {"name": "users", "secret": {"secretName": users["metadata"]["name"]}} in spec["volumes"]
    file = yaml.safe_load(of(objects, "ConfigMap")[0]["data"]["tls.yml"])
    assert file["http"]["middlewares"]["users"]["basicAuth"] == {"usersFile": "/etc/traefik/users/users", "removeHeader": True}
    plain = api_server_objects(settings(api_server=secret))
    assert of(plain, "Secret") == [] and "middlewares" not in str(plain)


def test_a_new_password_restarts_the_controller() -> None:
    def mark(**server: str) -> str:
        objects = api_server_objects(settings(api_server={"certificate": "BEGIN CERTIFICATE", "key": "PRIVATE KEY", **server}))
        return str(of(objects, "Deployment")[0]["spec"]["template"]["metadata"]["annotations"]["neursafe.fl/checksum"])

    assert mark(password="one") == mark(password="one") != mark(password="two")
    assert mark(password="one") != mark(password="one", username="another")


def test_an_existing_certificate_is_used_and_not_made() -> None:
    objects = api_server_objects(settings(api_server={"tls_secret": "mine"}))
    assert of(objects, "Secret") == [] and of(objects, "Ingress")[0]["spec"]["tls"] == [{"secretName": "mine"}]


def test_traefik_reads_and_writes_no_more_than_it_has_to() -> None:
    objects = api_server_objects(settings())
    rules = [rule for kind in ("Role", "ClusterRole") for item in of(objects, kind) for rule in item["rules"]]
    assert all("*" not in rule["verbs"] + rule["resources"] for rule in rules)
    assert [rule["resources"] for rule in rules if set(rule["verbs"]) - {"get", "list", "watch"}] == [["ingresses/status"]]
    (deployment,) = of(objects, "Deployment")
    spec = deployment["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] and spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


def test_a_service_that_is_not_external_has_no_node_port() -> None:
    (service,) = of(api_server_objects(settings(api_server={"external": "false"})), "Service")
    assert service["spec"]["type"] == "ClusterIP" and "nodePort" not in service["spec"]["ports"][0]


DATA = {"api_server": {"tls_secret": "mine"}, "data_server": {"https": True, "service_name": "files", "port": 30188, "https_port": 30189}}


def test_the_data_server_has_a_door_of_its_own_where_nobody_is_asked_for_our_user() -> None:
    given = settings(
        **{**DATA, "api_server": {"tls_secret": "mine", "password": "hush", "hosts": ["fl.example.org"], "annotations": {"x.org/b": "c"}}}
    )
    objects = api_server_objects(given)
    (service,) = of(objects, "Service")
    assert [(port["nodePort"], port["targetPort"]) for port in service["spec"]["ports"]] == [(30083, 8000), (30084, 8443), (30189, 8444)]
    scheduler, manager, files = of(objects, "Ingress")
    (rule,) = files["spec"]["rules"]
    assert (files["metadata"]["name"], rule["host"]) == ("files", "fl.example.org")
    assert rule["http"]["paths"] == [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "files", "port": {"number": 30188}}}}
    ]
    # The others come in by the other doors, where nothing is said.
    assert files["metadata"]["annotations"] == {"x.org/b": "c", "traefik.ingress.kubernetes.io/router.entrypoints": "data"}
    assert scheduler["metadata"]["annotations"] == manager["metadata"]["annotations"] == {"x.org/b": "c"}
    (container,) = of(objects, "Deployment")[0]["spec"]["template"]["spec"]["containers"]
    assert {"name": "data", "containerPort": 8444} in container["ports"]
    assert [word for word in container["args"] if word.startswith("--entrypoints.data.")] == [
        "--entrypoints.data.address=:8444",
        "--entrypoints.data.http.tls=true",
        "--entrypoints.data.transport.respondingtimeouts.readtimeout=0",
    ]
    assert [word for word in container["args"] if "asdefault" in word] == [
        "--entrypoints.web.asdefault=true",
        "--entrypoints.websecure.asdefault=true",
    ]
    assert "--entrypoints.websecure.http.middlewares=users@file" in container["args"]
    assert api_server_problems({**given, "api_server": {**given["api_server"], "image": "registry.example.org/traefik:v3"}}) == []


def test_without_it_nothing_of_the_controller_changes() -> None:
    closed = api_server_objects(settings(api_server={"tls_secret": "mine"}))
    assert not any(word in str(closed) for word in ("8444", "asdefault", "30088", "30089", "nsfl-data-server", "entrypoints.data"))
    # A door that is closed may have any number.
    assert api_server_problems(settings(data_server={"https_port": 80})) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provider": "nginx"}, "nsfl_api_server_provider: 'nginx' is not known"),
        ({"fl_namespaces": []}, "nsfl_api_server_fl_namespaces: is no list"),
        ({"fl_namespaces": ["a/b"]}, "no FL namespace: a/b"),
        ({"api_server": {"http_port": 80}}, "nsfl_api_server_http_port: 80 is outside the NodePort range"),
        ({"api_server": {"certificate": "BEGIN CERTIFICATE"}}, "nsfl_api_server_tls_key_file: certificate and key go together"),
        ({"api_server": {"certificate": "x", "key": "PRIVATE KEY"}}, "nsfl_api_server_tls_cert_file: is no PEM certificate"),
        ({"api_server": {"plain_http": False}}, "nsfl_api_server_plain_http: false leaves no way in, since there is no certificate"),
        ({"provider": "nodeport", "api_server": {"plain_http": False}}, "since plain NodePorts speak nothing else"),
        ({"provider": "nodeport", "model_manager": {"node_port": 30083}}, "30083 is used twice"),
        ({"api_server": {"https_port": 30083, "tls_secret": "t"}}, "nsfl_api_server_https_port: 30083 is used twice"),
        (
            {**DATA, "api_server": {}},
            "nsfl_api_server_data_server_https: the data server is to be reached over HTTPS, and there is no certif",
        ),
        (
            {**DATA, "provider": "ingress"},
            "reached over HTTPS, and ingress has none for it; use traefik with nsfl_tls, or leave it out and set",
        ),
        ({**DATA, "data_server": {"https": True, "https_port": 80}}, "nsfl_api_server_data_server_https_port: 80 is outside the NodePort"),
        ({**DATA, "data_server": {"https": True, "https_port": 30084}}, "nsfl_api_server_data_server_https_port: 30084 is used twice"),
        (
            {**DATA, "data_server": {"https": True, "https_port": 30088}},
            "https_port: 30088 is the data server's own port; choose another one",
        ),
        ({"data_server": {"https": "maybe"}}, "nsfl_api_server_data_server_https: 'maybe' is no boolean"),
        ({"api_server": {"username": "a:b"}}, "nsfl_api_server_username: 'a:b' is no name of a user; write one line without a colon"),
        ({"api_server": {"password": "two\nlines"}}, "nsfl_api_server_password: is no text of one line"),
        ({"api_server": {"image": ""}}, "nsfl_api_server_image: an empty value is no image name"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], words: str) -> None:
    problems = api_server_problems(settings(**change))
    assert len(problems) == 1 and words in problems[0], problems


def test_sound_settings_have_no_problem() -> None:
    assert api_server_problems(settings()) == []
