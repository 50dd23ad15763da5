# SPDX-License-Identifier: Apache-2.0
"""A platform without mistakes finishes its jobs."""

from __future__ import annotations

import json

from .machinery import wait_until
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
