# SPDX-License-Identifier: Apache-2.0
"""The module secret_proof against a service that takes what it is told to take."""

from __future__ import annotations

import base64
import datetime
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _port_forward, _secret_proof
from ansible_collections.neursafe.fl.plugins.modules import secret_proof
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import make_authority, make_certificate
from module_call import answer_of
from tls_server import Server

NOW, FORMER = "canary-of-now", "canary-of-before"


class Service(ThreadingHTTPServer):
    """One account; `taken` are its passwords, `status` is what it says to them."""

    taken: tuple[str, ...] = (NOW,)
    status = 404
    refusal = 401


class Handler(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, *arguments: object) -> None:
        return

    def do_GET(self) -> None:
        shown = self.headers.get("token") or base64.b64decode(self.headers["Authorization"].split()[1]).decode().removeprefix("nsfl:")
        self.send_response(self.server.status if shown in self.server.taken else self.server.refusal)
        self.end_headers()


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def call(capsys: pytest.CaptureFixture[str], service: Service, wait: int = 0, **check: Any) -> dict[str, Any]:
    place = {"secret": "proxy_token", "type": "http", "address": f"http://127.0.0.1:{service.server_port}/x", "user": "nsfl"}
    return answer_of(secret_proof, capsys, {"checks": [{**place, "current": NOW, "former": FORMER, **check}], "wait": wait})


def pods_of(monkeypatch: pytest.MonkeyPatch, service: Service, names: list[str]) -> list[Any]:
    """A cluster with these pods, of which each port leads to the service; what was asked of it."""
    asked: list[Any] = []

    def listed(namespace: str, **wanted: Any) -> SimpleNamespace:
        asked.append((namespace, wanted["label_selector"]))
        return SimpleNamespace(items=[SimpleNamespace(metadata=SimpleNamespace(name=name)) for name in names])

    def forwarded(_call: Any, name: str, namespace: str, ports: str) -> SimpleNamespace:
        asked.append((namespace, name, ports))
        return SimpleNamespace(socket=lambda _port: socket.create_connection(("127.0.0.1", service.server_port)))

    core = SimpleNamespace(list_namespaced_pod=listed, connect_get_namespaced_pod_portforward=None)
    monkeypatch.setattr(_port_forward.client, "CoreV1Api", lambda _access: core)
    monkeypatch.setattr(_port_forward.config, "new_client_from_config", lambda *_where: None)
    monkeypatch.setattr(_port_forward, "portforward", forwarded)
    return asked


def test_in_a_pod_it_is_asked_through_the_kubernetes_api(capsys: Any, monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    asked = pods_of(monkeypatch, service, ["proxy-1"])
    inside: dict[str, Any] = {"address": "http://nsfl-proxy:30092/x", "selector": "app=nsfl-proxy", "namespace": "fl", "header": "token"}
    assert call(capsys, service, **inside)["proven"] == ["proxy_token"]
    assert asked == [("fl", "app=nsfl-proxy"), ("fl", "proxy-1", "30092")] * 2
    service.taken = (NOW, FORMER)
    assert "takes the old one still" in call(capsys, service, **inside)["msg"]


def test_without_such_a_pod_there_is_no_answer(capsys: Any, monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    pods_of(monkeypatch, service, [])
    said = call(capsys, service, address="http://nsfl-proxy:30092/x", selector="app=nsfl-proxy")["msg"]
    assert "cannot be asked (no pod with app=nsfl-proxy runs in namespace default)" in said


@pytest.mark.parametrize("header", ["", "token"])
def test_the_new_one_is_taken_and_the_old_one_refused(capsys: Any, service: Service, header: str) -> None:
    assert call(capsys, service, header=header)["proven"] == ["proxy_token"]


@pytest.mark.parametrize(
    ("taken", "said"),
    [((NOW, FORMER), "takes the old one still"), ((FORMER,), "refuses the new one"), ((), "refuses the new one")],
)
def test_anything_else_fails_and_shows_no_secret(capsys: Any, service: Service, taken: tuple[str, ...], said: str) -> None:
    service.taken = taken
    result = call(capsys, service)
    assert result["failed"] and said in result["msg"] and "canary" not in result["msg"]


def test_a_service_that_fails_proves_nothing(capsys: Any, service: Service) -> None:
    service.refusal = 503
    assert "cannot be asked (it answers HTTP 503)" in call(capsys, service)["msg"]


def test_nobody_there_proves_nothing(capsys: Any, service: Service) -> None:
    assert "cannot be asked" in call(capsys, service, address="http://127.0.0.1:9/")["msg"]


def test_a_value_that_is_not_another_one_proves_nothing(capsys: Any, service: Service) -> None:
    assert "the new value is the old one" in call(capsys, service, former=NOW)["msg"]


def test_what_learns_of_it_a_moment_later_is_asked_again(capsys: Any, service: Service) -> None:
    service.taken = (NOW, FORMER)
    threading.Timer(0.5, lambda: setattr(service, "taken", (NOW,))).start()
    assert call(capsys, service, wait=10)["proven"] == ["proxy_token"]


@pytest.mark.parametrize("kind", sorted(set(_secret_proof.SERVICES) - {"http", "kubernetes"}))
def test_every_kind_of_service_says_when_nobody_answers(capsys: Any, service: Service, kind: str) -> None:
    address = "http://127.0.0.1:9" if kind in ("s3", "tls") else "127.0.0.1:9"
    shown: dict[str, Any] = {"current": make_authority(datetime.datetime.now(datetime.UTC)).certificate} if kind == "tls" else {}
    assert "cannot be asked" in call(capsys, service, type=kind, address=address, database="x", region="us-east-1", **shown)["msg"]


# What libpq says first.
ASKED = bytes.fromhex("0000000804d2162f")


@pytest.mark.parametrize(("scheme", "asked"), [("https", b""), ("mongodb", b""), ("postgresql", ASKED)])
def test_a_server_is_known_by_the_new_authority_only(capsys: Any, tmp_path: Path, scheme: str, asked: bytes) -> None:
    now = datetime.datetime.now(datetime.UTC)
    signer, another = (make_authority(now) for _number in range(2))
    made = make_certificate(signer, "database-node-1", ["127.0.0.1"], 20, now, True)
    (tmp_path / "server.pem").write_text(made.key + made.certificate, encoding="utf-8")
    running = Server(tmp_path / "server.pem", asked)
    place = {"secret": "certificate_authority", "type": "tls", "address": running.url.replace("https", scheme)}

    def answer(current: str, former: str) -> dict[str, Any]:
        return answer_of(secret_proof, capsys, {"checks": [{**place, "current": current, "former": former}], "wait": 0})

    try:
        assert answer(signer.certificate, another.certificate)["proven"] == ["certificate_authority"]
        assert "refuses the new one" in answer(another.certificate, signer.certificate)["msg"]
        assert "takes the old one still" in answer(signer.certificate, signer.certificate + another.certificate)["msg"]
    finally:
        running.close()
    assert running.said == []


def test_a_database_without_tls_proves_nothing(capsys: Any, tmp_path: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    signer, another = (make_authority(now).certificate for _number in range(2))
    made = make_certificate(make_authority(now), "x", ["127.0.0.1"], 20, now, False)
    (tmp_path / "server.pem").write_text(made.key + made.certificate, encoding="utf-8")
    running = Server(tmp_path / "server.pem", b"another question")
    place = {"secret": "certificate_authority", "type": "tls", "address": running.url.replace("https", "postgresql")}
    try:
        checks = [{**place, "current": signer, "former": another}]
        assert "it has no TLS" in answer_of(secret_proof, capsys, {"checks": checks, "wait": 0})["msg"]
    finally:
        running.close()
