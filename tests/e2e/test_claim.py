# SPDX-License-Identifier: Apache-2.0
"""The successor's layout: one bucket, a claim over it, a namespace and a MongoDB of its own, beside the guide's platform."""

from __future__ import annotations

import base64
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import enforcing
import pytest
from conftest import ROOT, Run, converged, run_playbook
from flows import CLAIM
from old_secrets import authority
from platform_hands import NETWORK, kubectl, on_host, output
from typed_job import put_folder, rounds_of_finished_job

SETTINGS = ("-e", "@molecule/nsfl_server_claim/vars/main.yml", "-e", "@tests/e2e/on_mongodb.yml")
# The client hosts work for the guide's platform.
HOSTS = ("--limit", "localhost:nsfl_nodes")
TREE = "/mnt/neursafe_fl/nsfl-claim"


def absent(role: str, host: str = "localhost") -> Run:
    """The verb as a person types it, with what it printed."""
    action = f"name=neursafe.fl.{role} tasks_from=absent"
    words = ("ansible", host, "-i", "inventories/lab", *SETTINGS, "-m", "ansible.builtin.include_role", "-a", action)
    return Run(0, output("env", "-C", str(ROOT), str(ROOT / ".venv/bin" / words[0]), *words[1:]))


def claims() -> list[str]:
    return kubectl("get", "pv,pvc", "-n", "fl", "-o", "name").split()


@pytest.fixture(scope="module", autouse=True)
def beside_the_guides_platform() -> Iterator[None]:
    yield
    for role in ("nsfl_client", "nsfl_server", "nsfl_api_server"):
        absent(role)
    absent("nsfl_database", "node-1")
    assert claims() == []
    # The database's way in and the images' names are those of the last run, and a host has one nsfl-ctl.
    converged("server")
    converged("cli")


def test_check_mode_foresees_it_from_nothing() -> None:
    assert converged("server", *SETTINGS, "--check", "--diff").changed


def test_a_claim_that_is_not_there_is_told_of_before_any_change() -> None:
    run = run_playbook("server", *SETTINGS, "-e", "nsfl_server_create_claim=false", "-e", "nsfl_claim=theirs")
    assert run.code != 0 and run.changed == {}
    assert "nsfl_server_backend.pvc: there is no PersistentVolumeClaim fl/theirs; create it, or name another one" in run.output


def test_it_converges_and_again_changes_nothing() -> None:
    converged("server", *SETTINGS)
    converged("client", *SETTINGS, *HOSTS)
    assert converged("server", *SETTINGS).changed == converged("client", *SETTINGS, *HOSTS).changed == {}
    # It would have been made by somebody else then: a release without it is recorded, and nothing else changes.
    assert converged("server", *SETTINGS, "-e", "nsfl_server_create_claim=false").changed == {"localhost": 1}


def test_a_federated_job_finishes_with_its_records_in_mongodb() -> None:
    run = converged("verify", *SETTINGS)
    assert re.search(r"job verify-\S+ FINISHED: 3 rounds, loss [\d.]+ → [\d.]+ → [\d.]+, 1 clients", run.output), run.output[-3000:]


@pytest.fixture
def enforced() -> Iterator[None]:
    try:
        CLAIM.bring()
        assert sorted(CLAIM.everything - CLAIM.through()) == []
        enforcing.start()
        yield
    finally:
        enforcing.stop()
        CLAIM.take_away()


def test_security_12_under_its_policies_a_job_finishes_and_nobody_gets_through_who_may_not(enforced: None) -> None:
    CLAIM.start_anew()
    assert " FINISHED: " in converged("verify", *SETTINGS).output
    assert enforcing.wrong(CLAIM) == ([], [])


def test_the_pods_have_the_claim_and_no_folder_of_a_node_and_know_one_database() -> None:
    databases = set()
    for item in json.loads(kubectl("get", "deployments", "-n", "fl", "-o", "json"))["items"]:
        spec = item["spec"]["template"]["spec"]
        assert not any("hostPath" in volume for volume in spec.get("volumes", [])), item["metadata"]["name"]
        assert not any(container["securityContext"].get("privileged") for container in spec["containers"])
        entries = [entry for container in spec["containers"] for entry in container.get("env", [])]
        databases |= {entry["value"] for entry in entries if entry["name"] == "DB_TYPE"}
    assert databases == {"mongo"}


def test_users_put_files_into_the_tree_by_the_data_server() -> None:
    account = json.loads(kubectl("get", "secret", "data-server-secret", "-n", "fl", "-o", "json"))["data"]
    user, password = (base64.b64decode(account[key]).decode() for key in ("username", "password"))
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    url, context = f"https://{NETWORK[11]}:30189/default/e2e.txt", ssl.create_default_context(cadata=authority())
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(urllib.request.Request(url, b"x", method="PUT"), context=context)
    request = urllib.request.Request(url, b"of the data server", {"Authorization": f"Basic {credentials}"}, method="PUT")
    assert urllib.request.urlopen(request, context=context).status == 201
    # Its own port, which takes plain HTTP, is for the cluster.
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://{NETWORK[11]}:30188/", timeout=10)
    assert on_host("node-2", f"for turn in 1 2 3 4 5; do cat {TREE}/default/e2e.txt && break; sleep 1; done") == "of the data server"


def test_nsfl_ctl_takes_files_to_the_data_server(tmp_path: Path) -> None:
    converged("cli", *SETTINGS)
    # The tool speaks plain HTTP, to the relays in its container.
    config = json.loads(on_host("client-1", "cat /etc/nsfl.json"))
    assert (config["api_server"], config["data_server"]) == (f"{NETWORK[11]}:30184", f"{NETWORK[11]}:30189")
    # The data server shows the whole tree, the system's own folders among it.
    assert {"default", "nsfl-system"} <= set(on_host("client-1", "nsfl-ctl get namespace").split())
    job = f"cli-{int(time.time()):x}"
    put_folder("client-1", job, 1, tmp_path)
    assert [result["clients"] for result in rounds_of_finished_job("client-1", job)] == [1, 1]


def test_a_mount_that_dies_is_followed_by_new_containers() -> None:
    node = kubectl("get", "pods", "-n", "fl", "-l", "app=nsfl-data-server", "-o", "jsonpath={.items[0].spec.nodeName}")
    on_host(node, "systemctl kill -s KILL nsfl-s3fs@nsfl-claim.service")
    # A pod notices within its probe's patience, and then has the new mount.
    seen = "for turn in $(seq 90); do cat /workspace/default/e2e.txt && exit 0; sleep 1; done; exit 1"
    for _attempt in range(6):
        try:
            text = kubectl("exec", "-n", "fl", "deployment/nsfl-data-server", "--", "sh", "-c", seen)
            break
        except AssertionError:  # the container went away under the command
            continue
    assert text.endswith("of the data server")


def test_absent_takes_claim_and_volume_and_leaves_the_files() -> None:
    absent("nsfl_client")
    absent("nsfl_server")
    assert claims() == []
    assert "CHANGED" not in absent("nsfl_server").output
    assert on_host("node-1", f"cat {TREE}/default/e2e.txt") == "of the data server"
    assert kubectl("get", "deployments", "-n", "fl", "-l", "app.kubernetes.io/managed-by=neursafe.fl", "-o", "name").split() == [
        "deployment.apps/nsfl-api-server"
    ]
