# SPDX-License-Identifier: Apache-2.0
"""Each mistake of a deployment shows the symptom that the real components show."""

from __future__ import annotations

import time
from typing import Any

import pytest

from .machinery import free_port, wait_until
from .platform import Platform

ERROR = {"state": "FAILED", "reason": "Server Internal Error.", "progress": 0}
LOST = {"state": "FAILED", "reason": None, "progress": 100}


def quick(timeout: int = 6, clients: int = 1) -> dict[str, Any]:
    return {
        "hyper_parameters": {
            "max_round_num": 1,
            "client_num": clients,
            "threshold_client_num": clients,
            "evaluate_interval": 1,
            "save_interval": 1,
            "round_timeout": timeout,
        }
    }


def test_no_token(platform: Platform) -> None:
    platform.start_server({"TOKEN": None})
    platform.start_client()
    platform.create_job()
    begun = time.monotonic()
    assert platform.wait_job("FINISHED", "FAILED") == ERROR
    assert time.monotonic() - begun < 3


def test_wrong_token_is_retried_then_resumed(platform: Platform) -> None:
    platform.start_server({"TOKEN": "Fl-ZTE"})  # the proxy wants its own
    platform.start_client()
    assert platform.scheduler
    first = platform.scheduler
    platform.create_job(**quick())
    assert "HTTP 401" in first.ends(1)
    platform.start_scheduler()
    assert platform.wait_job("FINISHED", "FAILED")["state"] == "FINISHED"


def test_token_without_env_line(platform: Platform) -> None:
    """nginx hides TOKEN: only the well-known one is accepted."""
    platform.start_server({"TOKEN": "Fl-ZTE"}, edit=lambda text: text.replace("env TOKEN;", ""))
    platform.start_client()
    platform.create_job(**quick())
    assert platform.wait_job("FINISHED", "FAILED")["state"] == "FINISHED"


def test_no_right_to_create(platform: Platform) -> None:
    platform.start_server()
    platform.start_client()
    platform.kubernetes.forbid = "POST"
    platform.create_job()
    assert platform.scheduler
    assert "HTTP 403" in platform.scheduler.ends(1)


def test_name_too_long(platform: Platform) -> None:
    platform.start_server()
    platform.start_client()
    platform.create_job("a" * 60)  # default-aaa… has more than 63 letters
    assert platform.scheduler
    assert "HTTP 422" in platform.scheduler.ends(1)


def test_kubernetes_refuses_connections(platform: Platform) -> None:
    platform.start_server({"K8S_ADDRESS": f"127.0.0.1:{free_port()}"})
    platform.start_client()
    platform.create_job()
    assert platform.wait_job("FINISHED", "FAILED") == ERROR


def test_no_folder_for_coordinator_configs(platform: Platform) -> None:
    platform.start_server({"TEMP_DIR": "absent/configs"})
    platform.start_client()
    platform.create_job()
    assert platform.wait_job("FINISHED", "FAILED") == ERROR


def test_search_line_first(platform: Platform) -> None:
    """Everything looks well, only the replies get HTTP 500."""
    platform.start_server(resolv=f"search default.svc.cluster.local\nnameserver {platform.dns.address}\n")
    client = platform.start_client()
    platform.create_job(**quick())
    assert platform.wait_job("FINISHED", "FAILED") == LOST
    assert "status: 500" in client.text() and not platform.dns.asked


def test_job_scheduler_address_in_the_proxy(platform: Platform) -> None:
    """Made visible to Lua, it ends the start before the DNS server is found."""
    platform.start_server(
        edit=lambda text: text.replace("env TOKEN;", "env TOKEN;\nenv JOB_SCHEDULER_ADDRESS;"),
        environment={"JOB_SCHEDULER_ADDRESS": "127.0.0.1:1"},
    )
    platform.start_client()
    platform.create_job(**quick())
    assert platform.wait_job("FINISHED", "FAILED") == LOST


def test_no_external_address(platform: Platform) -> None:
    platform.start_server()
    # In its pod the coordinator dials itself; here all share one host, so the client listens on another address.
    platform.start_client(edit=lambda setup: (setup.pop("external_address"), setup.update(port=free_port())), registered=True)
    client = platform.clients["client-1"]
    client.wait_for("(0.0.0.0:")
    client.child.kill()
    platform.create_job(**quick(60))
    begun = time.monotonic()
    assert platform.wait_job("FINISHED", "FAILED") == LOST
    assert time.monotonic() - begun < 9


def test_no_platform(platform: Platform) -> None:
    """The node is the task manager's own hostname, which no node of the cluster bears."""
    env = {**platform.cluster_env(), "WAIT_WORKER_FINISHED_TIMEOUT": "3"}
    del env["PLATFORM"]
    platform.start_server()
    client = platform.start_client(env=env, edit=lambda setup: setup.update(platform="k8s"))
    platform.create_job(**quick(30))
    assert platform.wait_job("FINISHED", "FAILED") == LOST
    assert "is Pending after" in client.text()


def test_no_enough_resource(platform: Platform) -> None:
    platform.start_server()
    client = platform.start_client(edit=lambda setup: setup.update(resource={"cpu": 0.5}))
    platform.create_job(**quick(60))
    assert platform.wait_job("FINISHED", "FAILED") == LOST
    assert "No enough resource" in client.text()


def test_route_lost(platform: Platform) -> None:
    """As after a restart of the proxy while a job runs."""
    platform.start_server()
    client = platform.start_client()
    platform.create_job(**quick(8), parameters={"epochs": 400})
    platform.wait_job("RUNNING")
    assert platform.proxy
    platform.processes.run(
        [
            "curl",
            "-s",
            "-X",
            "DELETE",
            "-H",
            "token: tok",
            "-H",
            "module-id: default-job",
            f"http://127.0.0.1:{platform.proxy.http}/api/v1/internal/routers",
        ],
        None,
        "curl",
    ).child.wait()
    assert platform.wait_job("FINISHED", "FAILED") == LOST
    assert "status: 502" in client.text() or "UNAVAILABLE" in client.text()


def test_no_clients_blocks_the_queue(platform: Platform) -> None:
    platform.start_server({"RESOURCE_CHECK_MAX_TIMES": "4"})
    platform.create_job("first")
    platform.create_job("second")
    assert platform.wait_job("PENDING", job_id="first")["reason"] == "Not enough registered clients."
    assert platform.status("second")["state"] == "QUEUING"
    assert platform.wait_job("FAILED", job_id="first")["reason"] == "Not enough registered clients."
    wait_until("second's turn", lambda: platform.status("second")["state"] != "QUEUING")


def test_no_description(platform: Platform) -> None:
    platform.start_server()
    platform.start_client()
    platform.create_job(description=None, **quick())
    assert platform.wait_job("FINISHED", "FAILED")["reason"] == "Coordinator exited before its first heartbeat."


def test_stop_and_start_again(platform: Platform) -> None:
    platform.start_server()
    platform.start_client()
    platform.create_job(**quick(60), parameters={"epochs": 3000})
    platform.wait_job("RUNNING")
    assert platform.api("PUT", "/namespaces/default/jobs/job:stop")[0] == 200
    platform.wait_job("STOPPED")
    wait_until("objects deleted", lambda: not platform.kubernetes.objects)
    assert platform.api("PUT", "/namespaces/default/jobs/job:start")[0] == 200
    platform.wait_job("RUNNING", "FINISHED")


@pytest.mark.parametrize("missing", ["script", "dataset", "entry"])
def test_client_side_gaps(platform: Platform, missing: str) -> None:
    platform.start_server()
    platform.start_client()
    tree = platform.folder / "client-1"
    if missing == "script":
        (tree / "task_configs/double_mnist/train.py").unlink()
    elif missing == "dataset":
        (tree / "datasets/datasets.json").write_text("{}")
    platform.create_job(**quick(30), **({"task_entry": "absent"} if missing == "entry" else {}))
    assert platform.wait_job("FINISHED", "FAILED") == LOST
