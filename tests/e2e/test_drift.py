# SPDX-License-Identifier: Apache-2.0
"""What somebody has changed by hand on a running platform: check mode tells of it, the next run mends it, the one after does nothing."""

from __future__ import annotations

import json

import pytest
from conftest import converged, run_playbook
from platform_hands import items, kubectl, on_host
from platform_state import changes, platform_state

# What is done to which host, and what the run's output has to name.
BY_HAND = [
    ("node-1", "echo MINIO_BROWSER=on >> /etc/neursafe_fl/minio.env; chmod 0644 /etc/neursafe_fl/minio.env"),
    ("node-1", "systemctl disable nsfl-minio"),
    ("node-1", "echo '# by hand' >> /mnt/neursafe_fl/nsfl-system/proxy/nginx.conf"),
    # As whoever edits it, and does not have the server read it.
    ("node-1", "touch /etc/postgresql/*/main/pg_hba.conf"),
    ("node-2", "systemctl disable --now nsfl-s3fs-check.timer"),
    ("node-2", "echo '# by hand' >> /usr/local/lib/neursafe_fl/nsfl-s3fs"),
    ("node-2", "systemctl stop nsfl-s3fs@nsfl-client"),
]


@pytest.fixture(scope="module", autouse=True)
def platform() -> None:
    converged("server")


def test_what_was_changed_on_hosts_is_predicted_and_mended() -> None:
    before = platform_state()
    for host, script in BY_HAND:
        on_host(host, script)
    predicted = converged("server", "--check", "--diff")
    run = converged("server")
    assert sorted(run.changed_tasks) == sorted(predicted.changed_tasks) != []
    assert changes(before, platform_state()) == {}
    assert on_host("node-1", "systemctl is-enabled nsfl-minio && systemctl is-active nsfl-minio").split() == ["enabled", "active"]
    assert on_host("node-2", "systemctl is-active nsfl-s3fs-check.timer nsfl-s3fs@nsfl-client").split() == ["active", "active"]
    assert converged("server").changed == {}


def token_of(pod: str) -> str:
    return kubectl("exec", pod, "--", "printenv", "TOKEN").strip()


def test_a_secret_edited_by_hand_is_told_of_and_those_who_read_it_start_anew_when_it_is_written_back() -> None:
    secret = json.loads(kubectl("get", "secret", "nsfl-proxy-token", "-o", "json"))["data"]
    right = token_of("deployment/nsfl-proxy")
    kubectl("patch", "secret", "nsfl-proxy-token", "-p", json.dumps({"stringData": {"token": "by-hand"}}))
    # A pod that starts in between works with the wrong value, and goes on doing so.
    kubectl("delete", "pod", "-l", "app=nsfl-proxy")
    kubectl("rollout", "status", "deployment/nsfl-proxy", "--timeout=60s")
    assert token_of("deployment/nsfl-proxy") == "by-hand"
    refused = run_playbook("server")
    assert (
        refused.code != 0 and "Secret default/nsfl-proxy-token: changed by somebody else: .data.token (by kubectl-patch)" in refused.output
    )
    converged("server", "-e", "nsfl_server_force_conflicts=true")
    assert json.loads(kubectl("get", "secret", "nsfl-proxy-token", "-o", "json"))["data"] == secret
    for component in ("nsfl-proxy", "nsfl-job-scheduler"):
        (pod,) = [item for item in items("pods", component) if not item["metadata"].get("deletionTimestamp")]
        assert token_of(pod["metadata"]["name"]) == right, component
    assert converged("server").changed == {}
