# SPDX-License-Identifier: Apache-2.0
"""A platform without mistakes finishes its jobs."""

from __future__ import annotations

import json
import shutil

from neursafe_fl import doubles
from neursafe_fl.python.libs import http

from .machinery import ROOT, free_port, wait_until
from .platform import Platform


def test_two_clients_three_rounds(platform: Platform) -> None:
    platform.start_server()
    platform.start_client("client-1", platform.cluster_env(), lambda setup: setup.update(platform="k8s"))
    platform.start_client("client-2")
    platform.create_job(clients=2)
    assert platform.wait_job("FINISHED", "FAILED") == {"state": "FINISHED", "reason": None, "progress": 100}

    output = platform.namespace / "fl-job/output/fl_job_output_V0"
    metrics = json.loads((output / "metrics.json").read_text())
    losses = [entry["evaluate"]["loss"] for entry in metrics["rounds"]]
    assert len(losses) == 3 and losses == sorted(losses, reverse=True)
    assert {entry["clients"] for entry in metrics["rounds"]} == {2}
    assert (output / "checkpoints/checkpoint_v3/checkpoint_3.h5").is_file()
    assert len(platform.api("GET", "/namespaces/default/jobs/job")[1]["checkpoints"]) == 3

    # Everything made in the cluster is gone, the executors' pods named their node and mounted equal paths.
    wait_until("objects deleted", lambda: not platform.kubernetes.objects)
    pods = [body for body in platform.kubernetes.made if body["kind"] == "Pod" and "nodeSelector" in body["spec"]]
    assert len(pods) == 6
    assert pods[0]["spec"]["nodeSelector"] == {"kubernetes.io/hostname": "node-1"}
    assert "default-job.default.svc.cluster.local" in platform.dns.asked


def test_scripts_travel_with_the_job(platform: Platform) -> None:
    platform.start_server()
    platform.start_client()
    shutil.copytree(ROOT / "example/task_configs", platform.namespace / "fl-job/scripts")
    shutil.rmtree(platform.folder / "client-1/task_configs")
    (platform.folder / "client-1/task_configs").mkdir()
    platform.create_job(task_entry=None, scripts={"path": "fl-job/scripts", "config_file": "double_mnist.json"})
    assert platform.wait_job("FINISHED", "FAILED")["state"] == "FINISHED"


def test_initial_model_of_the_model_manager(platform: Platform) -> None:
    platform.start_server()
    platform.start_client()
    env = {**platform.database, "DB_COLLECTION_NAME": "models", "PORT": str(platform.ports["models"]), "WORKSPACE": str(platform.root)}
    platform.processes.start("model_manager", env).wait_for("Http server start at port")
    doubles.SoftmaxModel().save(str(platform.namespace / "mnist.h5"))
    body = {"name": "mnist", "runtime": "tensorflow", "model_path": "default:mnist.h5"}
    url = f"127.0.0.1:{platform.ports['models']}"
    answer = http.request("POST", url, "/api/v1/namespaces/default/models", body)
    # The pods of the fake cluster have no mounts: there /fl is the namespace's folder, so the model is linked into it.
    (platform.namespace / "models").symlink_to(platform.root / "models")
    platform.create_job(model_path=None, model_id=json.loads(answer)["model_id"])
    assert platform.wait_job("FINISHED", "FAILED")["state"] == "FINISHED"
    pod = next(body for body in platform.kubernetes.made if body["kind"] == "Pod")
    host = {volume["name"]: volume["hostPath"]["path"] for volume in pod["spec"]["volumes"]}["model-path"]
    assert host == f"{platform.root}/models/default/mnist/V0/mnist.h5"


def test_running_jobs_run_side_by_side(platform: Platform) -> None:
    """Serial only until RUNNING."""
    platform.start_server()
    platform.start_client(edit=lambda setup: setup.update(resource={"cpu": 4}))
    platform.create_job("one", parameters={"epochs": 3000})
    platform.create_job("two", port=free_port())
    platform.wait_job("RUNNING", job_id="two")
    assert platform.status("one")["state"] == "RUNNING"
