# SPDX-License-Identifier: Apache-2.0
"""Mistakes in the client's set-up file and environment."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from .backends import PostgreSQL
from .machinery import free_port, open_port
from .platform import Platform

Edit = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda setup: setup.update(storage_quota="1024"), "TypeError"),
        (lambda setup: setup.update(server="10.67.134.15.9001"), "ValueError"),
        (lambda setup: setup.update(server="http://10.67.134.15:9001"), "ValueError"),
        (lambda setup: setup.pop("server"), "KeyError"),
        (lambda setup: setup.pop("datasets"), "KeyError"),
        (lambda setup: setup.update(port="22000"), "TypeError"),
        (lambda setup: setup.update(platform="K8S"), "ValueError"),
        (lambda setup: setup.update(workspace="/absent"), "FileNotFoundError"),
        (lambda setup: setup.update(task_config_entry="/absent"), "FileNotFoundError"),
        (lambda setup: setup.update(datasets="/absent/datasets.json"), "FileNotFoundError"),
        (lambda setup: setup.update(lmdb_path="/absent/two/levels"), "FileNotFoundError"),
        (lambda setup: setup.update(registration=True), "AttributeError"),
        # Registration is tried once, and nothing listens at the server's address here.
        (lambda setup: None, "Register client failed"),
    ],
)
def test_ends(parts: Platform, edit: Edit, error: str) -> None:
    client = parts.start_client(edit=edit, registered=False)
    assert error in client.ends(1)


def test_seed_file_misses_platform(parts: Platform) -> None:
    """Not an error of the client: the platform is linux then."""
    client = parts.start_client(edit=lambda setup: (setup.pop("platform"), setup.update(registration="False")), registered=False)
    client.wait_for("client listens on")


def test_tasks_table_is_needed_in_a_cluster_only(parts: Platform, postgres: PostgreSQL) -> None:
    postgres.sql(parts.database["DB_NAME"], "drop table tasks")
    client = parts.start_client("client-1", parts.cluster_env(), registered=False)
    assert "CollectionNotExisting" in client.ends(1)
    parts.start_client(
        "client-2", {**parts.cluster_env(), "PLATFORM": "linux"}, lambda setup: setup.update(registration="no"), registered=False
    ).wait_for("client listens on")


def test_nodes_unreachable(parts: Platform) -> None:
    """Retried without opening the port, then the end."""
    env = {**parts.cluster_env(), "K8S_ADDRESS": f"127.0.0.1:{free_port()}"}
    client = parts.start_client(env=env, registered=False)
    client.wait_for("list nodes")
    assert not open_port(parts.ports["client-1"])
    assert "Platform connect error" in client.ends(1)


def test_nodes_over_tls(parts: Platform, tmp_path: Any) -> None:
    """The node list goes over plain http whatever the protocol says, so a port with TLS does not serve."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    port = free_port()
    parts.processes.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", f"{tmp_path}/k", "-out", f"{tmp_path}/c"],
        None,
        "req",
    ).child.wait()
    parts.processes.run(["openssl", "s_server", "-port", str(port), "-key", f"{tmp_path}/k", "-cert", f"{tmp_path}/c", "-www"], None, "tls")
    env = {**parts.cluster_env(), "K8S_ADDRESS": f"127.0.0.1:{port}", "K8S_API_PROTOCOL": "https"}
    assert "Platform connect error" in parts.start_client(env=env, registered=False).ends(1)


def test_nodes(parts: Platform) -> None:
    client = parts.start_client(env=parts.cluster_env(), edit=lambda setup: setup.update(registration="False"), registered=False)
    client.wait_for("Fetch nodes: ['node-1']")
    client.wait_for("node watch: HTTP 504")
    client.wait_for("client listens on")
