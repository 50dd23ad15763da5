# SPDX-License-Identifier: Apache-2.0
"""The client selector: its file, and what it remembers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from neursafe_fl.python.libs import rpc
from neursafe_fl.python.selector.clients import Clients

from .machinery import Processes, free_port

DEMAND = {"client_num": 1, "runtime": "pytorch", "job_id": "j"}


def client(key: str = "a", **changes: Any) -> dict[str, Any]:
    return {"id": key, "address": "10.0.0.1:1", "runtime": "tensorflow,pytorch", "platform": "linux", "max_task_parallelism": -1, **changes}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "FileNotFoundError"),
        ('{"port": 50055,}', "JSONDecodeError"),
        ('{"port": "50055"}', "TypeError"),
        ('{"port": 1, "auth_client": false}', "AttributeError"),
    ],
)
def test_file(processes: Processes, tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "setup.json"
    if content:
        path.write_text(content)
    assert words in processes.start("selector", None, "--config_file", str(path)).ends(1)


def test_serves(processes: Processes, tmp_path: Path) -> None:
    port = free_port()
    path = tmp_path / "setup.json"
    path.write_text(json.dumps({"port": port, "log_level": "error", "auth_client": "false"}))
    process = processes.start("selector", None, "--config_file", str(path))
    process.wait_for(f"Start grpc(s) service success on port {port}")
    address = f"127.0.0.1:{port}"
    rpc.call(address, "/ClientService/Register", client())
    assert rpc.call(address, "/SelectService/CheckClientsResource", DEMAND)["enough"]
    assert rpc.call(address, "/SelectService/Select", DEMAND)["clients"] == [{"id": "a", "address": "10.0.0.1:1"}]
    rpc.call(address, "/ClientService/Report", client("b"))
    assert len(rpc.call(address, "/SelectService/GetClients", {})["clients"]) == 2


def test_a_restarted_client_counts_twice() -> None:
    clients = Clients()
    clients.register(client("before"))
    clients.register(client("after"))
    chosen = clients.select({**DEMAND, "client_num": 5})["clients"]
    assert [entry["address"] for entry in chosen] == ["10.0.0.1:1"] * 2


def test_entries_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Clients()
    clients.register(client("single"))
    clients.register(client("cluster", platform="k8s"))
    monkeypatch.setenv("SINGLE_HEART", "-1")
    assert [entry["id"] for entry in clients.select({**DEMAND, "client_num": 2})["clients"]] == ["cluster"]
    monkeypatch.setenv("CLUSTER_HEART", "-1")
    assert not clients.check(DEMAND)["enough"]


def test_runtime_is_compared_exactly() -> None:
    clients = Clients()
    clients.register(client(runtime="tensorflow, pytorch"))
    assert not clients.check(DEMAND)["enough"]


def test_pinned_and_busy() -> None:
    clients = Clients()
    clients.register(client("a", max_task_parallelism=1))
    clients.register(client("b", address="10.0.0.2:1"))
    assert [entry["id"] for entry in clients.select({**DEMAND, "client_num": 2, "clients": "10.0.0.1:1"})["clients"]] == ["a"]
    assert [entry["id"] for entry in clients.select({**DEMAND, "client_num": 2})["clients"]] == ["b"]
    clients.release({"clients": ["a"]})
    assert clients.check({**DEMAND, "client_num": 2})["enough"]
