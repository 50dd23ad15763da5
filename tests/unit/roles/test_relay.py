# SPDX-License-Identifier: Apache-2.0
"""The relay of nsfl-ctl: HTTPS to the API server that is known by an authority, with the user; the answer as it came."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.plugin_utils import _certificate_store as store

RELAY = Path(__file__).parents[3] / "roles" / "nsfl_cli" / "files" / "relay.py"
PASSWORD = "geheim:ß"
# Stands for the tool: reads its configuration, and asks what it is told to.
TOOL = """
import json, sys, urllib.error, urllib.request
config, method, path, body = sys.argv[1:]
address = json.load(open(config))["api_server"]
request = urllib.request.Request(f"http://{address}{path}", body.encode() or None, {"Content-Type": "application/json"}, method=method)
try:
    answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, answer.headers["Content-Type"], answer.read().decode()]))
sys.exit(3)
"""


class ApiServer(ThreadingHTTPServer):
    """Keeps what it is asked, and lets in who shows the account."""

    def __init__(self, pem: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.asked: list[tuple[str, str, str, str, bytes]] = []
        self.expected = "Basic " + base64.b64encode(f"nsfl:{PASSWORD}".encode()).decode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses the certificate goes away."""


class _Api(BaseHTTPRequestHandler):
    server: ApiServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, self.headers["Host"], self.headers.get("Content-Type", ""), body))
        let_in = self.headers.get("Authorization") == self.server.expected
        content = b'{"state": "SUCCEEDED"}' if let_in else b"401 Unauthorized\n"
        self.send_response(201 if let_in else 401)
        self.send_header("Content-Type", "application/json" if let_in else "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    settings = store.Settings(str(tmp_path / "ca"))
    pair = store.certificate(settings, "api", ["127.0.0.1"], True)
    pem = tmp_path / "api.pem"
    pem.write_text(pair.key + pair.certificate)
    server = ApiServer(pem)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


Ask = Callable[..., "tuple[list[Any], str]"]


@pytest.fixture
def ask(tmp_path: Path, api: ApiServer) -> Ask:
    """What the tool gets when it runs beside the relay, and what is written on stderr."""
    folder = tmp_path / "relay"
    folder.mkdir()
    relay = folder / "relay.py"
    # The paths are those of a container.
    text = RELAY.read_text(encoding="utf-8")
    for name in ("/etc/neursafe_fl/nsfl.json", "/etc/nsfl.json"):
        assert f'"{name}"' in text
        text = text.replace(f'"{name}"', repr(str(tmp_path / name.replace("/", "_"))))
    relay.write_text(text, encoding="utf-8")
    given = {"api_server": api.address, "user": "nsfl", "password": "c2VjcmV0\n"}
    (tmp_path / "_etc_neursafe_fl_nsfl.json").write_text(json.dumps(given))

    def asked(method: str = "GET", path: str = "/", body: str = "", password: str = PASSWORD, known: bool = True) -> tuple[list[Any], str]:
        (folder / "account.json").write_text(json.dumps({"username": "nsfl", "password": password}))
        (folder / "ca.crt").unlink(missing_ok=True)
        if known:
            (folder / "ca.crt").write_text((tmp_path / "ca" / "ca.crt").read_text())
        config = tmp_path / "_etc_nsfl.json"
        command = [sys.executable, str(relay), sys.executable, "-c", TOOL, str(config), method, path, body]
        errors = tmp_path / "errors"
        with errors.open("w") as stream:
            run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True, start_new_session=True)
        assert run.stdout
        line = run.stdout.readline()
        # The exit code is the tool's. Outside of a container nothing ends the relay with it.
        assert run.wait(timeout=20) == 3, errors.read_text()
        os.killpg(run.pid, signal.SIGKILL)
        run.stdout.close()
        assert config.stat().st_mode & 0o777 == 0o600
        assert {**json.loads(config.read_text()), "api_server": api.address} == given
        return json.loads(line), errors.read_text()

    return asked


def test_a_request_goes_on_as_it_is_with_the_user(ask: Ask, api: ApiServer) -> None:
    job = '{"id": "toy"}'
    assert ask("POST", "/api/v1/namespaces/default/jobs?x=%20y", job) == ([201, "application/json", '{"state": "SUCCEEDED"}'], "")
    assert api.asked == [("POST", "/api/v1/namespaces/default/jobs?x=%20y", api.address, "application/json", job.encode())]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_each_verb_of_the_tool(ask: Ask, api: ApiServer, method: str) -> None:
    assert ask(method)[0][0] == 201
    assert [asked[0] for asked in api.asked] == [method]


def test_who_is_not_known_by_the_authority_learns_nothing(ask: Ask, api: ApiServer) -> None:
    (status, kind, content), said = ask("POST", "/api/v1/namespaces/default/jobs", "{}", known=False)
    assert (status, kind) == (502, "application/json")
    assert f"API server {api.address}: " in said and "certificate verify failed" in said and "nsfl_cli_api_ca_file" in said
    assert json.loads(content) == {"state": "FAILED", "reason": said.removeprefix("nsfl-ctl: ").rstrip("\n")}
    assert api.asked == []


@pytest.mark.parametrize("password", ["old", ""])
def test_a_password_that_is_not_taken_is_told(ask: Ask, password: str) -> None:
    (status, _kind, content), said = ask(password=password)
    assert status == 401
    assert "it refuses the user; see nsfl_cli_api_username, and run cli.yml again" in said
    assert said.removeprefix("nsfl-ctl: ").rstrip("\n") == json.loads(content)["reason"]
    assert "old" not in said


def test_a_server_that_is_gone_is_told(ask: Ask, api: ApiServer) -> None:
    api.socket.close()
    (status, _kind, content), said = ask()
    assert status == 502 and re.search("Connection (refused|reset)", said) and said.removeprefix("nsfl-ctl: ").rstrip() in content
