# SPDX-License-Identifier: Apache-2.0
"""F47: a platform that a person has installed after the guide. What stands in the way is told, then what differs; then it is taken over.

By hand are: the cluster's objects (kubectl create, the guide's names, no labels of ours), the mounts, tables without indexes, modes of
folders. The store, the database's server and the registry are what a site has anyway.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import converged, run_playbook
from platform_hands import NETWORK, STATE, kubectl, on_host, psql
from steady_state import data, differences, lasting_state, put_data

KINDS = "deployments,services,configmaps,secrets,serviceaccounts,roles,rolebindings"
OURS = "app.kubernetes.io/part-of=neursafe-fl"
BUCKETS = ("default", "models", "nsfl-system", "nsfl-client")
NODES = ("node-1", "node-2")
ROOT = "/mnt/neursafe_fl"
MOUNTED_BY_HAND = f"""
set -e
cp /etc/neursafe_fl/passwd-s3fs /root/passwd-by-hand
cp /etc/neursafe_fl/s3fs-ca.crt /root/ca-by-hand
export CURL_CA_BUNDLE=/root/ca-by-hand
systemctl disable --now nsfl-s3fs-check.timer {" ".join(f"nsfl-s3fs@{bucket}" for bucket in BUCKETS)}
rm -rf /etc/systemd/system/nsfl-s3fs* /usr/local/lib/neursafe_fl /etc/neursafe_fl/passwd-s3fs
systemctl daemon-reload
for bucket in {" ".join(BUCKETS)}; do
  ! mountpoint -q {ROOT}/$bucket || umount -l {ROOT}/$bucket
  s3fs $bucket {ROOT}/$bucket -o url=https://{NETWORK[11]}:9000,passwd_file=/root/passwd-by-hand,use_path_request_style,allow_other,umask=0022
  mountpoint -q {ROOT}/$bucket
done
"""
UNMOUNTED = f"umount -l {' '.join(f'{ROOT}/{bucket}' for bucket in BUCKETS)}; rm /root/passwd-by-hand /root/ca-by-hand"
RELEASE = re.compile(r"Secret default/neursafe-fl-server-default\.v\d+")
CARRIED = ("Opaque", "kubernetes.io/dockerconfigjson", "kubernetes.io/tls")
# What each playbook is told, so that it overwrites what a person has written.
FORCE = {
    "server": ("-e", "nsfl_server_force_conflicts=true", "-e", "nsfl_api_server_force_conflicts=true"),
    "client": ("-e", "nsfl_client_force_conflicts=true"),
}


def as_by_hand(item: dict[str, Any]) -> dict[str, Any]:
    """The object as somebody would have written it, who knows nothing of us."""
    metadata = {key: item["metadata"][key] for key in ("name", "namespace")}
    made = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    spec = made.get("spec", {})
    for given in ("clusterIP", "clusterIPs"):
        spec.pop(given, None)
    if item["kind"] == "Deployment":
        spec["template"]["metadata"] = {"labels": spec["selector"]["matchLabels"]}
        for container in spec["template"]["spec"]["containers"]:
            container.pop("readinessProbe", None)
            for variable in container.get("env", []):
                if variable["name"] == "LOG_LEVEL":
                    variable["value"] = "debug"
    return {**made, "metadata": metadata}


def state_without_releases() -> dict[str, str]:
    """How many there are is a platform's history. They are gone with what was ours, and each run that changes something adds one."""
    return {part: text for part, text in lasting_state().items() if not RELEASE.fullmatch(part)}


def install_objects_by_hand(folder: Path) -> None:
    """All objects go and come back as a person's. Those that only we make, releases and tokens of accounts, stay away."""
    found = json.loads(kubectl("get", KINDS, "-n", "default", "-l", OURS, "-o", "json"))["items"]
    kept = [item for item in found if item["kind"] != "Secret" or item["type"] in CARRIED]
    kept = [item for item in kept if "release" not in json.dumps(item["metadata"]["labels"])]
    file = folder / "by-hand.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [as_by_hand(item) for item in kept]}), encoding="utf-8")
    kubectl("delete", KINDS, "-n", "default", "-l", OURS, "--wait")
    kubectl("create", "-f", str(file))


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The platform as we make it; then a person's takes its place."""
    for playbook in FORCE:
        converged(playbook)
    put_data()
    before, state = data(), state_without_releases()
    install_objects_by_hand(tmp_path_factory.mktemp("objects"))
    for node in NODES:
        on_host(node, MOUNTED_BY_HAND)
    on_host("node-1", f"chmod 0700 {ROOT}")
    psql("DROP INDEX jobs_data_gin")
    (STATE / "images.json").unlink()
    yield state
    assert data() == before


def test_f47_what_stands_in_the_way_is_told_at_once_and_nothing_is_changed(steady: dict[str, str]) -> None:
    run = run_playbook("server")
    assert run.code != 0 and run.changed == {}
    for bucket in BUCKETS:
        told = f"{', '.join(NODES)} - nsfl_root: bucket {bucket} is mounted at {ROOT}/{bucket}, but not by its unit"
        assert told in run.output, run.output[-4000:]
    assert "Deployment default/nsfl-job-scheduler: changed by somebody else" in run.output
    assert "(by kubectl-create)" in run.output


def test_f47_the_plan_shows_what_differs(steady: dict[str, str], tmp_path: Path) -> None:
    for node in NODES:
        on_host(node, UNMOUNTED)
    path = tmp_path / "plan.json"
    run = run_playbook("plan", "-e", f"nsfl_plan_file={path}", "-e", '{"nsfl_plan_playbooks": ["server"]}')
    assert run.code == 2, run.output[-4000:]
    changes = [change["change"] for change in json.loads(path.read_text(encoding="utf-8"))["changes"]]
    for words in ("update Deployment default/nsfl-job-scheduler", "mount default", "create index jobs_data_gin on jobs"):
        assert any(change.startswith(words) for change in changes), changes


def test_f47_runs_take_it_over_and_end_where_runs_of_ours_do(steady: dict[str, str]) -> None:
    for playbook, words in FORCE.items():
        converged(playbook, *words)
    assert differences(steady, state_without_releases()) == {}
    for playbook in FORCE:
        assert converged(playbook).changed == {}


def test_f47_afterwards_settings_are_changed_as_on_any_other(steady: dict[str, str]) -> None:
    """Fields that the person had given the same value are owned by both, and changed by nobody since."""
    for words in (("-e", "nsfl_log_level=warning"), ()):
        for playbook in FORCE:
            assert converged(playbook, *words).changed
    assert differences(steady, state_without_releases()) == {}


def test_f47_a_job_finishes_on_it() -> None:
    converged("verify")
