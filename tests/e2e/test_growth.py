# SPDX-License-Identifier: Apache-2.0
"""A platform that grows: a node, an FL namespace and clients added later, each by one rerun that leaves alone what is there.

Needs the converged platform of test_main_job.py, which it enlarges to three nodes and five clients.
"""

from __future__ import annotations

import json
import re

import pytest
from conftest import converged, run_playbook
from platform_hands import LAB, NETWORK, kubectl, on_host, output

LARGER = {"NSFL_LAB_NODES": "3", "NSFL_LAB_CLIENTS": "3"}
NODES = ("node-1", "node-2", "node-3")
BUCKETS = ("default", "models", "nsfl-client", "nsfl-system")
NAMESPACES = ["-e", json.dumps({"nsfl_fl_namespaces": ["default", "research"]})]
SEVERAL = ["-i", "tests/e2e/several_clients.yml"]
ADDRESSES = {*(f"{NETWORK[100 + number]}:22000" for number in (1, 2, 3)), *(f"{NETWORK[11]}:{port}" for port in (30090, 30093))}
CLIENTS_OF_SELECTOR = """
import json
from neursafe_fl.python.libs import rpc
print(json.dumps(rpc.call("127.0.0.1:50055", "/SelectService/GetClients", {})["clients"]))
"""


def processes(hosts: tuple[str, ...]) -> dict[str, str]:
    """What has to go on undisturbed on some hosts: each mount with its number and the process behind it, and each other service."""
    found = {}
    for host in hosts:
        found[f"{host} started"] = output("docker", "inspect", "--format={{.State.StartedAt}}", f"{LAB}-{host}")
        for bucket in BUCKETS:
            found[f"{host} {bucket}"] = on_host(
                host, f"findmnt -no ID,SOURCE /mnt/neursafe_fl/{bucket}; systemctl show --property=MainPID nsfl-s3fs@{bucket}"
            )
    for service in ("nsfl-minio", "postgresql@15-main"):
        found[service] = on_host("node-1", f"systemctl show --property=MainPID {service}")
    return found


def pods() -> dict[str, tuple[str, int]]:
    """Each component's pod, and how often its containers were started again."""
    items = json.loads(kubectl("get", "pods", "-A", "-l", "app.kubernetes.io/part-of=neursafe-fl", "-o", "json"))["items"]
    return {
        item["metadata"]["name"]: (item["metadata"]["uid"], sum(state["restartCount"] for state in item["status"]["containerStatuses"]))
        for item in items
    }


def seen_from_all_nodes(bucket: str) -> None:
    """What the last node writes through its mount, the others read through theirs."""
    path = f"/mnt/neursafe_fl/{bucket}/growth.txt"
    on_host("node-3", f"echo grown > {path}")
    try:
        for node in NODES:
            assert on_host(node, f"mountpoint -q /mnt/neursafe_fl/{bucket} && cat {path}") == "grown\n", node
    finally:
        on_host("node-3", f"rm {path}")


def test_a_node_added_later_gets_its_mounts_and_nothing_else_is_touched() -> None:
    before = processes(NODES[:2]), pods()
    converged("lab", env=LARGER)
    run = converged("server", env=LARGER)
    assert set(run.changed) == {"node-3"}
    assert (processes(NODES[:2]), pods()) == before
    for bucket in BUCKETS:
        seen_from_all_nodes(bucket)


def test_an_fl_namespace_added_later_gets_bucket_mount_and_access_and_nothing_else_is_touched() -> None:
    before = processes(NODES), pods()
    run = converged("server", *NAMESPACES, env=LARGER)
    assert set(run.changed) == {*NODES, "localhost"}
    assert (processes(NODES), pods()) == before
    seen_from_all_nodes("research")
    # The user of the mounts reaches it through the object store's own interface too.
    assert "research" in on_host("client-1", "nsfl-ctl get namespace")


def test_the_larger_platform_again_changes_nothing() -> None:
    assert converged("server", *NAMESPACES, env=LARGER).changed == {}


def test_two_clients_that_want_the_same_port_are_refused_before_any_change() -> None:
    run = run_playbook("client", *SEVERAL, "-e", "nsfl_client_port=30093", env=LARGER)
    assert run.code != 0 and run.changed == {}
    assert "nsfl-radiology - nsfl_client_port: 30093 is also that of nsfl-task-manager; give each client its own" in run.output


def test_five_clients_of_both_kinds_are_registered_each_as_itself() -> None:
    before = pods()
    run = converged("client", *SEVERAL, env=LARGER)
    assert set(run.changed) == {"client-2", "client-3", "nsfl-radiology"}
    assert {name: pod for name, pod in pods().items() if name in before} == before
    known = json.loads(kubectl("exec", "deployment/nsfl-client-selector", "--", "python3.7", "-c", CLIENTS_OF_SELECTOR))
    assert {client["address"] for client in known} == ADDRESSES
    assert len({client["id"] for client in known}) == len(known) == len(ADDRESSES)


def test_the_five_clients_again_change_nothing() -> None:
    assert converged("client", *SEVERAL, env=LARGER).changed == {}


@pytest.mark.parametrize("namespace", ["research"])
def test_a_job_of_the_new_namespace_finishes_on_all_five(namespace: str) -> None:
    run = converged("verify", *SEVERAL, *NAMESPACES, "-e", f"nsfl_verify_namespace={namespace}", env=LARGER)
    assert re.search(r"job verify-\S+ FINISHED: 3 rounds, loss .*, 5 clients", run.output), run.output[-3000:]
