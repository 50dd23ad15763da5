# SPDX-License-Identifier: Apache-2.0
"""What registries are asked with, what Docker's daemon accepts, and how images are copied."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_accounts import logged_in, write_account
from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import BuilderError
from ansible_collections.neursafe.fl.plugins.module_utils._image_mirror import Copy, copy_command
from ansible_collections.neursafe.fl.plugins.module_utils._image_trust import check_daemon
from ansible_collections.neursafe.fl.plugins.module_utils._references import parse
from ansible_collections.neursafe.fl.plugins.module_utils._registries import Registries

DIGEST = f"sha256:{'a' * 64}"


def registries(**changes: Any) -> Registries:
    plain = {"registry_username": "", "registry_password": "", "registry_scheme": "auto", "validate_certs": True, "registry_ca_path": None}
    return Registries({**plain, "registry": "r.example.org/fl", **changes})


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    account = base64.b64encode(b"me:a:b").decode()
    settings = {"auths": {"q.example.org": {"auth": account}, "helped": {}}, "credsStore": "desktop", "HttpHeaders": {}, "detachKeys": "x"}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    return tmp_path


def test_other_registries_are_asked_with_the_users_own_login(login: Path) -> None:
    assert logged_in("q.example.org") == ("me", "a:b")
    assert logged_in("helped") == logged_in("unknown") == ("", "")
    known = registries(registry_username="fl", registry_password="pw")
    assert (known.at("q.example.org").username, known.at("r.example.org").username) == ("me", "fl")
    (login / "config.json").write_text("[]")
    assert logged_in("q.example.org") == ("", "")


def test_the_account_of_a_run_joins_those_of_the_user(login: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir()
    assert write_account(private, "r.example.org", "fl", "pw")["DOCKER_CONFIG"] == str(private)
    written = json.loads((private / "config.json").read_text())
    assert set(written["auths"]) == {"q.example.org", "helped", "r.example.org"}
    assert "credsStore" not in written and "detachKeys" not in written
    assert (private / "config.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("host", "config"),
    [
        ("localhost:5000", {}),
        ("", {}),
        ("r.example.org", {"IndexConfigs": {"r.example.org": {"Secure": False}}}),
        ("10.1.2.3:5000", {"InsecureRegistryCIDRs": ["127.0.0.0/8", "10.0.0.0/8"]}),
    ],
)
def test_the_daemon_accepts_what_its_settings_allow(host: str, config: dict[str, Any]) -> None:
    check_daemon(host, None, True, json.dumps(config))


@pytest.mark.parametrize(
    "config", ["null", "", '{"IndexConfigs": {"r.example.org": {"Secure": true}}}', '{"InsecureRegistryCIDRs": ["10.0.0.0/8"]}']
)
def test_the_daemon_refuses_plain_http_elsewhere(config: str) -> None:
    with pytest.raises(BuilderError, match="over checked HTTPS only; add it to insecure-registries"):
        check_daemon("r.example.org", None, True, config)


def test_a_remote_daemon_is_not_judged_by_the_files_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://builder.example.org")
    check_daemon("r.example.org", "/nonexistent/ca.pem", False, "{}")


def test_a_copy_keeps_digest_and_platforms_and_trusts_each_side_by_itself(tmp_path: Path) -> None:
    (tmp_path / "site.pem").write_text("PEM")
    known = registries(registry_ca_path=str(tmp_path / "site.pem"))
    one = Copy("nsfl-proxy", parse("localhost:5000/x:v1"), parse("r.example.org/fl/nsfl-proxy:v1"), DIGEST)
    command = copy_command(one, known, tmp_path)
    assert command[1:4] == ["copy", "--all", "--preserve-digests"]
    assert command[-2:] == [f"docker://localhost:5000/x@{DIGEST}", "docker://r.example.org/fl/nsfl-proxy:v1"]
    assert command[4:-2] == ["--src-tls-verify=false", "--dest-cert-dir", str(tmp_path / "certificates")]
    assert (tmp_path / "certificates/ca.crt").read_text() == "PEM"
