# SPDX-License-Identifier: Apache-2.0
"""The relays of nsfl-ctl: HTTPS to servers that are known by an authority, the API server with the user; the answer as it came."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.neursafe.fl.plugins.plugin_utils import _certificate_store as store
from https_server import HttpsServer, basic, serving, told

RELAY = Path(__file__).parents[3] / "roles" / "nsfl_cli" / "files" / "relay.py"
PASSWORD = "geheim:ß"
OWN = {"Authorization": basic("data:its own")}
# More than the memory of a relay that keeps it.
LARGE = 64 << 20
# Stands for the tool: reads its configuration, and asks what it is told to. The relays are its only child.
TOOL = """
import hashlib, http.client, json, os, sys
config, asked = sys.argv[1], json.loads(sys.argv[2])
link = http.client.HTTPConnection(json.load(open(config))[asked["server"]], timeout=20)
body = asked["body"].encode() * asked["times"]
pieces = (body[at : at + 1000000] for at in range(0, len(body), 1000000))
try:
    link.request(asked["method"], asked["path"], pieces if asked["chunked"] else body or None, asked["headers"])
    answer = link.getresponse()
    content = answer.read()
    if len(content) >= 1000:
        content = hashlib.sha256(content).hexdigest().encode()
    said = [answer.status, answer.getheaders(), content.decode()]
except http.client.IncompleteRead:
    said = [0, [], "incomplete"]
(relays,) = open(f"/proc/self/task/{os.getpid()}/children").read().split()
(peak,) = [line.split()[1] for line in open(f"/proc/{relays}/status") if line.startswith("VmHWM")]
print(json.dumps([*said, int(peak) << 10]))
sys.exit(3)
"""


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    content: str
    # Bytes that the relays have had in memory at most.
    peak: int

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    pair = store.certificate(store.Settings(str(tmp_path / "ca")), "api", ["127.0.0.1"], True)
    path = tmp_path / "server.pem"
    path.write_text(pair.key + pair.certificate)
    return path


@pytest.fixture
def api(pem: Path) -> Iterator[HttpsServer]:
    with serving(pem, f"nsfl:{PASSWORD}") as server:
        yield server


@pytest.fixture
def data(pem: Path) -> Iterator[HttpsServer]:
    with serving(pem, "data:its own") as server:
        yield server


Ask = Callable[..., "tuple[Answer, str]"]


@pytest.fixture
def ask(tmp_path: Path, api: HttpsServer, data: HttpsServer) -> Ask:
    """What the tool gets when it runs beside the relays, and what is written on stderr."""
    folder = tmp_path / "relay"
    folder.mkdir()
    relay = folder / "relay.py"
    # The paths are those of a container.
    text = RELAY.read_text(encoding="utf-8")
    for name in ("/etc/neursafe_fl/nsfl.json", "/etc/nsfl.json"):
        assert f'"{name}"' in text
        text = text.replace(f'"{name}"', repr(str(tmp_path / name.replace("/", "_"))))
    relay.write_text(text, encoding="utf-8")
    given = {"api_server": api.address, "data_server": data.address, "user": "nsfl", "password": "c2VjcmV0\n"}
    (tmp_path / "_etc_neursafe_fl_nsfl.json").write_text(json.dumps(given))

    def asked(
        method: str = "GET",
        path: str = "/",
        body: str = "",
        password: str = PASSWORD,
        known: bool = True,
        to: str = "api_server",
        servers: str = "api_server,data_server",
        **more: Any,
    ) -> tuple[Answer, str]:
        (folder / "account.json").write_text(json.dumps({"username": "nsfl", "password": password}))
        (folder / "ca.crt").unlink(missing_ok=True)
        if known:
            (folder / "ca.crt").write_text((tmp_path / "ca" / "ca.crt").read_text())
        config = tmp_path / "_etc_nsfl.json"
        question = {"server": to, "method": method, "path": path, "body": body, "times": 1, "chunked": False, "headers": {}, **more}
        command = [sys.executable, str(relay), servers, sys.executable, "-c", TOOL, str(config), json.dumps(question)]
        errors = tmp_path / "errors"
        with errors.open("w") as stream:
            run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True, start_new_session=True)
        assert run.stdout
        line = run.stdout.readline()
        # The exit code is the tool's. Outside of a container nothing ends the relays with it.
        assert run.wait(timeout=20) == 3, errors.read_text()
        os.killpg(run.pid, signal.SIGKILL)
        run.stdout.close()
        assert config.stat().st_mode & 0o777 == 0o600
        read = json.loads(config.read_text())
        assert {**read, **{key: given[key] for key in servers.split(",")}} == given
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+", read[key]) and read[key] != given[key] for key in servers.split(","))
        status, headers, content, peak = json.loads(line)
        return Answer(status, [tuple(header) for header in headers], content, peak), errors.read_text()

    return asked


def test_the_python_of_the_image_knows_its_words() -> None:
    ast.parse(RELAY.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_a_request_goes_on_as_it_is_with_the_user(ask: Ask, api: HttpsServer) -> None:
    job = '{"id": "toy"}'
    answer, said = ask("POST", "/api/v1/namespaces/default/jobs?x=%20y", job, headers={"Content-Type": "application/json", **OWN})
    assert (answer.status, answer.header("Content-Type"), answer.content) == (201, ["application/json"], '{"state": "SUCCEEDED"}')
    (asked,) = api.asked
    assert (asked.method, asked.path, asked.body, said) == ("POST", "/api/v1/namespaces/default/jobs?x=%20y", job, "")
    assert (asked.headers["Host"], asked.headers["Content-Type"]) == (api.address, "application/json")
    assert asked.headers.get_all("Authorization") == [api.expected]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_each_verb_of_the_tool(ask: Ask, api: HttpsServer, method: str) -> None:
    assert ask(method)[0].status == (204 if method == "DELETE" else 201)
    assert [asked.method for asked in api.asked] == [method]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "MKCOL", "PROPFIND", "MOVE", "COPY"])
def test_each_verb_to_the_data_server_with_the_account_of_the_tool(ask: Ask, data: HttpsServer, api: HttpsServer, method: str) -> None:
    headers = {**OWN, "Depth": "1", "Destination": "http://127.0.0.1:9/default/a%20b"}
    answer, said = ask(method, "/default/a", to="data_server", headers=headers)
    assert (answer.status, answer.content, said) == {
        "HEAD": (201, "", ""),
        "DELETE": (204, "", ""),
    }.get(method, (201, '{"state": "SUCCEEDED"}', ""))
    (asked,) = data.asked
    assert (asked.method, asked.path, asked.headers["Depth"]) == (method, "/default/a", "1")
    assert (asked.headers.get_all("Authorization"), asked.headers["Host"]) == ([data.expected], data.address)
    # Where both ends of the relay are called otherwise, only the path says the same.
    assert asked.headers["Destination"] == "/default/a%20b"
    assert answer.header("Location") == ([] if method == "DELETE" else ["/default/a"])
    assert api.asked == []


@pytest.mark.parametrize("chunked", [False, True])
def test_large_files_go_through_without_being_kept(ask: Ask, data: HttpsServer, chunked: bool) -> None:
    data.content = os.urandom(1 << 20) * (LARGE >> 20)
    path = "/default/model.chunked" if chunked else "/default/model"
    answer, said = ask("PUT", path, "x" * 1024, times=LARGE >> 10, to="data_server", headers=OWN, chunked=chunked)
    assert (answer.status, answer.content, said) == (201, told(data.content), "")
    assert ("Content-Length" in dict(answer.headers)) is not chunked
    (asked,) = data.asked
    assert asked.body == told(b"x" * LARGE) and ("Content-Length" in asked.headers) is not chunked
    assert answer.peak < LARGE


def test_who_waits_for_leave_to_go_on_gets_it(ask: Ask, data: HttpsServer) -> None:
    """The tool of the test does not wait; http.client reads on past the answer that says so."""
    answer, said = ask("PUT", "/default/a", "file", to="data_server", headers={**OWN, "Expect": "100-continue"})
    assert (answer.status, said, data.asked[0].body, data.asked[0].headers["Expect"]) == (201, "", "file", None)


def test_the_data_server_says_itself_who_is_not_let_in(ask: Ask, data: HttpsServer) -> None:
    answer, said = ask("PUT", "/default/a", "file", to="data_server", headers={"Authorization": basic("data:old")})
    assert (answer.status, answer.content, said) == (401, "who are you?\n", "")
    assert answer.header("WWW-Authenticate") == ["Digest", "Basic"]
    # Without an account, none is added.
    assert ask("GET", to="data_server")[0].status == 401 and "Authorization" not in data.asked[-1].headers


def test_who_is_refused_before_the_end_of_a_large_file_hears_it(ask: Ask) -> None:
    answer, _said = ask("PUT", "/hasty", "x" * 1024, times=LARGE >> 10, to="data_server")
    assert answer.status in (401, 502)


def test_an_answer_that_breaks_off_is_no_whole_one(ask: Ask) -> None:
    assert ask("GET", "/broken", to="data_server", headers=OWN)[0].content == "incomplete"


@pytest.mark.parametrize(("server", "name"), [("api_server", "API server"), ("data_server", "data server")])
def test_who_is_not_known_by_the_authority_learns_nothing(ask: Ask, api: HttpsServer, data: HttpsServer, server: str, name: str) -> None:
    answer, said = ask("POST", "/api/v1/namespaces/default/jobs", "{}", times=500000, known=False, to=server, headers=OWN)
    assert (answer.status, answer.header("Content-Type")) == (502, ["application/json"])
    address = {"api_server": api, "data_server": data}[server].address
    assert f"{name} {address}: " in said and "certificate verify failed" in said
    assert f"; see nsfl_cli_{server} and nsfl_cli_api_ca_file" in said
    assert json.loads(answer.content) == {"state": "FAILED", "reason": said.removeprefix("nsfl-ctl: ").rstrip("\n")}
    assert api.asked == data.asked == []


@pytest.mark.parametrize("password", ["old", ""])
def test_a_password_that_is_not_taken_is_told(ask: Ask, password: str) -> None:
    answer, said = ask(password=password)
    assert answer.status == 401
    assert "it refuses the user; see nsfl_cli_api_username, and run cli.yml again" in said
    assert said.removeprefix("nsfl-ctl: ").rstrip("\n") == json.loads(answer.content)["reason"]
    assert "old" not in said


def test_a_server_that_is_gone_is_told(ask: Ask, api: HttpsServer) -> None:
    api.socket.close()
    answer, said = ask()
    assert answer.status == 502 and re.search("Connection (refused|reset)", said)
    assert said.removeprefix("nsfl-ctl: ").rstrip() in answer.content


@pytest.mark.parametrize("server", ["api_server", "data_server"])
def test_either_may_be_the_only_one(ask: Ask, server: str) -> None:
    assert ask(to=server, servers=server, headers=OWN)[0].status == 201
