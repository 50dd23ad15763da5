# SPDX-License-Identifier: Apache-2.0
"""The guide's deployment verification, word for word: `nsfl-ctl create job -w … default`, `nsfl-ctl get job -w … default`.

Needs the converged platform of test_main_job.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, converged
from platform_hands import LAB, on_host, output

HOST = "client-1"
FOLDER = "/root/tf_mnist_fl"
JOB = f"cli-{int(time.time()):x}"
# The entry and the data that every client has for the verification of the platform.
CONFIG = {
    "id": JOB,
    "description": "Deployment verification of the guide",
    "runtime": "tensorflow",
    "port": 50051,
    "task_entry": "nsfl_verify",
    "datasets": "nsfl_verify",
    "output": f"fl-{JOB}/output",
    "hyper_parameters": {"max_round_num": 2, "client_num": 2, "threshold_client_num": 2, "evaluate_interval": 1, "round_timeout": 60},
    "resource": {"cpu": 0.2, "memory": 256},
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The folder of the guide's picture, on the host of whoever creates the job: config.json and model/."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "model").mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    _make_model(folder / "model" / "mnist.h5")
    on_host(HOST, f"rm -rf {FOLDER}")
    output("docker", "cp", str(folder), f"{LAB}-{HOST}:{FOLDER}")


def _make_model(path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "doubles")}
    subprocess.run([sys.executable, "-m", "neursafe_fl.doubles", "model", str(path)], check=True, env=environment)


def test_nobody_else_can_read_the_configuration_of_the_command() -> None:
    converged("cli")
    assert on_host(HOST, "stat --format='%a %U' /etc/nsfl.json") == "600 root\n"
    assert "default" in on_host(HOST, "nsfl-ctl get namespace")


def test_the_command_again_changes_nothing() -> None:
    assert converged("cli").changed == {}


@pytest.mark.usefixtures("workspace")
def test_a_job_of_nsfl_ctl_finishes() -> None:
    # As the guide has it: from the folder above, with a relative path.
    assert "create job success." in on_host(HOST, f"cd {FOLDER}/.. && nsfl-ctl create job -w tf_mnist_fl/ default")
    try:
        said, end = "", time.monotonic() + 120
        while time.monotonic() < end and not any(state in said for state in ("FINISHED", "FAILED")):
            time.sleep(1)
            said = on_host(HOST, f"cd {FOLDER}/.. && nsfl-ctl get job -w tf_mnist_fl/ default")
        assert "FINISHED" in said
        metrics = json.loads(on_host(HOST, f"nsfl-ctl get job {JOB} default -o json"))["metrics"]
        # Read from the bucket, whither the coordinator wrote it through the mount.
        assert [result["clients"] for result in metrics["rounds"]] == [2, 2]
    finally:
        on_host(HOST, f"nsfl-ctl delete job {JOB} default; rm -rf {FOLDER}")
