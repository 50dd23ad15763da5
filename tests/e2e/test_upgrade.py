# SPDX-License-Identifier: Apache-2.0
"""The platform gets other images and another MinIO while a job runs, refuses what would break it, and comes back from what does not work.

Needs the converged platform of test_main_job.py, and leaves it as it was.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, converged, run_playbook
from platform_hands import BIN, STATE, items, kubectl, object_store, on_host, psql

QUICK = ("-e", "nsfl_verify_rounds=1")
OF = "neursafe.fl/release-of=neursafe-fl-server-default"
COORDINATOR = """
apiVersion: v1
kind: Pod
metadata: {name: default-stand-in, namespace: default}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - {name: main, image: IMAGE, command: [sh, -c, sleep 600, neursafe_fl.python.coordinator.app]}
"""


def by_tag(name: str) -> str:
    """An image under its tag; a release of server.yml has its digest."""
    return str(json.loads((STATE / "images.json").read_text(encoding="utf-8"))[name]["image"])


def with_images(**images: str) -> tuple[str, str]:
    return ("-e", json.dumps({"nsfl_server_images": images}))


def images() -> dict[str, str]:
    found = json.loads(kubectl("get", "deployments", "-l", "app.kubernetes.io/part-of=neursafe-fl", "-o", "json"))["items"]
    return {item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]["image"] for item in found}


def releases() -> list[dict[str, Any]]:
    found = json.loads(kubectl("get", "secrets", "-l", OF, "-o", "json"))["items"]
    return sorted((item["metadata"] for item in found), key=lambda metadata: int(metadata["labels"]["neursafe.fl/release"]))


def latest() -> int:
    return int(releases()[-1]["labels"]["neursafe.fl/release"])


@pytest.fixture(scope="module")
def first() -> Iterator[tuple[int, dict[str, str]]]:
    """The release that runs at the beginning, and its images."""
    yield latest(), images()
    # MinIO is all that is another one then.
    assert set(converged("server").changed) <= {"node-1", "localhost"}


def test_a_running_job_and_a_platform_of_a_newer_version_are_told_of_before_any_change(first: tuple[int, dict[str, str]]) -> None:
    name, version = releases()[-1]["name"], releases()[-1]["annotations"]["neursafe.fl/version"]
    manifest = COORDINATOR.replace("IMAGE", by_tag("nsfl-coordinator"))
    command = [str(BIN / "kubectl"), "--kubeconfig", str(STATE / "kubeconfig"), "apply", "-f", "-"]
    subprocess.run(command, input=manifest, text=True, check=True, capture_output=True)
    kubectl("annotate", "--overwrite", "secret", name, "neursafe.fl/version=9.0.0")
    try:
        # What these two refuse is refused by server.yml: it has the same preflight.
        run = run_playbook("upgrade", *with_images(job_scheduler=by_tag("nsfl-job-scheduler")))
    finally:
        kubectl("annotate", "--overwrite", "secret", name, f"neursafe.fl/version={version}")
        kubectl("delete", "pod", "default-stand-in")
    assert run.code != 0 and run.changed == {}
    assert "Deployment default/nsfl-job-scheduler: would restart while jobs run (default-stand-in)" in run.output
    assert f"made by version 9.0.0 of this collection, and this is {version}, which is older" in run.output
    assert images() == first[1]


def test_an_image_that_is_not_there_is_told_of_before_any_change(first: tuple[int, dict[str, str]]) -> None:
    run = run_playbook("upgrade", *with_images(proxy=by_tag("nsfl-proxy") + "-none"))
    assert run.code != 0 and run.changed == {}
    assert "nsfl_server_images: no such image in its registry: proxy" in run.output


def test_a_running_job_finishes_before_its_platform_changes_and_all_data_stay(first: tuple[int, dict[str, str]], tmp_path: Path) -> None:
    # The same program with another checksum: what is installed, restarted and asked for the data is what another version would be.
    program = tmp_path / "minio"
    program.write_bytes((BIN / "minio").read_bytes() + b"\0")
    object_store().put_object("default", "kept/by-upgrade.txt", io.BytesIO(b"kept"), 4)
    psql("CREATE TABLE IF NOT EXISTS kept_by_upgrade AS SELECT 1 AS one")
    before = on_host("node-1", "systemctl show --property=MainPID nsfl-minio")
    job = subprocess.Popen(
        [f"{ROOT}/.venv/bin/ansible-playbook", "-i", "inventories/lab", "playbooks/verify.yml"],
        cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = threading.Thread(target=lambda: output.append(job.stdout.read() if job.stdout else ""))
    output: list[str] = []
    said.start()
    wait_for_coordinator()
    wanted = {"job_scheduler": by_tag("nsfl-job-scheduler"), "model_manager": by_tag("nsfl-model-manager")}
    run = converged(
        "upgrade", *QUICK, *with_images(**wanted), "-e", "nsfl_server_wait_for_jobs=240", "-e", f"nsfl_object_store_binary_file={program}"
    )
    said.join(60)
    assert job.wait(1) == 0 and "FINISHED" in output[0], output[0][-3000:]
    assert "FINISHED: 1 rounds" in run.output
    assert {**first[1], "nsfl-job-scheduler": wanted["job_scheduler"], "nsfl-model-manager": wanted["model_manager"]} == images()
    (manager,), (scheduler,) = items("pods", "nsfl-model-manager"), items("pods", "nsfl-job-scheduler")
    (ready,) = [entry["lastTransitionTime"] for entry in manager["status"]["conditions"] if entry["type"] == "Ready"]
    assert ready <= scheduler["metadata"]["creationTimestamp"]
    assert latest() == first[0] + 1
    assert on_host("node-1", "systemctl show --property=MainPID nsfl-minio") != before
    assert on_host("node-1", "sha256sum /usr/local/bin/nsfl-minio").split()[0] == hashlib.sha256(program.read_bytes()).hexdigest()
    assert object_store().get_object("default", "kept/by-upgrade.txt").read() == b"kept"
    assert on_host("node-1", "cat /mnt/neursafe_fl/default/kept/by-upgrade.txt") == "kept"
    assert psql("SELECT one FROM kept_by_upgrade; DROP TABLE kept_by_upgrade").strip() == "1"
    object_store().remove_object("default", "kept/by-upgrade.txt")


def wait_for_coordinator(seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if "neursafe_fl.python.coordinator.app" in kubectl("get", "pods", "-o", "jsonpath={..command}"):
            return
        time.sleep(0.5)
    raise AssertionError("no coordinator")


def test_an_image_that_does_not_work_is_told_of_and_the_previous_release_comes_back(first: tuple[int, dict[str, str]]) -> None:
    before = images(), latest()
    bad = with_images(job_scheduler=first[1]["nsfl-api-server"], model_manager=first[1]["nsfl-model-manager"])
    run = run_playbook("upgrade", *QUICK, *bad, "-e", "nsfl_server_timeout=20")
    assert run.code != 0
    assert "Deployment default/nsfl-job-scheduler: not ready" in run.output and "Back-off restarting failed container" in run.output
    assert f"Release {before[1]} is back, and all its components are ready." in run.output
    assert (images(), latest()) == before


def test_any_recorded_release_comes_back_by_its_number_and_finishes_a_job(first: tuple[int, dict[str, str]]) -> None:
    unknown = run_playbook("rollback", "-e", "nsfl_release=999")
    assert unknown.code != 0 and unknown.changed == {} and f"{first[0]} of 20" in unknown.output
    assert images() != first[1]
    run = converged("rollback", *QUICK, "-e", f"nsfl_release={first[0]}")
    assert "FINISHED: 1 rounds" in run.output
    assert images() == first[1]
    assert releases()[-1]["annotations"]["neursafe.fl/note"] == f"rollback.yml to {first[0]}"
