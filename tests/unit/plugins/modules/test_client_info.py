# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._client_causes import registered, why_not
from ansible_collections.neursafe.fl.plugins.modules import client_info
from module_call import answer_of


def run(capsys: pytest.CaptureFixture[str], **args: Any) -> dict[str, Any]:
    return answer_of(client_info, capsys, args)


@pytest.fixture
def service(monkeypatch: Any) -> dict[str, str]:
    """What systemctl and journalctl say."""
    said = {"systemctl": "ActiveState=active\nSubState=running\nInvocationID=abc\n", "journalctl": ""}
    monkeypatch.setattr(client_info.AnsibleModule, "run_command", lambda self, args, **kwargs: (0, said[args[0]], ""))
    return said


@pytest.mark.parametrize("word", ["Register client success.", "Report client to server success."])
def test_either_word_means_registered(service: dict[str, str], capsys: Any, word: str) -> None:
    service["journalctl"] = f"starting\n2026-11-24 INFO {word}\n"
    result = run(capsys, unit="nsfl-client.service")
    assert result["registered"] and result["service_state"] == "active" and "msg" not in result


def test_the_cause_comes_with_the_last_lines(service: dict[str, str], capsys: Any) -> None:
    service["systemctl"] = "ActiveState=activating\nSubState=auto-restart\nInvocationID=\n"
    service["journalctl"] = "OSError: [Errno 98] Address already in use\n"
    result = run(capsys, unit="nsfl-client.service", wait_timeout=1)
    assert not result["registered"] and result["service_state"] == "restarts again and again"
    assert "port is taken" in result["msg"] and "log: OSError" in result["msg"]


def test_an_unreachable_proxy_is_named_with_direction_and_port(service: dict[str, str], capsys: Any) -> None:
    result = run(capsys, unit="nsfl-client.service", server="127.0.0.1:9")
    assert "client → proxy" in result["msg"] and "127.0.0.1:9" in result["msg"]


def test_a_broken_kubeconfig_is_named(capsys: Any) -> None:
    assert run(capsys, deployment="d", kubeconfig="/nonexistent")["msg"].startswith("kubeconfig: ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Error: unauthorized: authentication required", "refused the login"),
        ("http: server gave HTTP response to HTTPS client", "speaks plain HTTP"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "nsfl_client_registry_ca_file"),
        ("x509: certificate has expired or is not yet valid: current time 2027-01-01T00:00:00Z", "has expired"),
        ("x509: certificate is valid for localhost, node-1, not registry.example.org", "is for another name"),
        ("manifest unknown", "no such image"),
        ("AttributeError: 'bool' object has no attribute 'lower'", "wrong type"),
        ("ValueError: not enough values to unpack (expected 2, got 1)", "not HOST:PORT"),
        ("Platform connect error", "cannot list the cluster's nodes"),
        ("CollectionNotExisting: tasks", "cannot use its database"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/x'", "not mounted"),
        ("grpclib.exceptions.StreamTerminatedError: Connection lost", "did not answer the registration"),
    ],
)
def test_log_lines_lead_to_causes(line: str, words: str) -> None:
    assert words in why_not([line], "active", "a:1", True, "here")


def test_silence_is_explained_too() -> None:
    assert not registered([])
    assert "does not run (failed)" in why_not([], "failed", "a:1", True, "here")
    assert "said nothing" in why_not([], "active", "a:1", True, "here")
