# SPDX-License-Identifier: Apache-2.0
"""A job as a person types it on a host with nsfl-ctl: a folder with config.json and model/, `create job -w`, `get job -w`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from conftest import ROOT
from platform_hands import LAB, on_host, output

FOLDER = "/root/tf_mnist_fl"


def put_folder(host: str, job: str, clients: int, folder: Path) -> None:
    """The folder of the guide's picture, on the host of whoever creates the job."""
    config = {
        "id": job,
        "description": "Deployment verification of the guide",
        "runtime": "tensorflow",
        "port": 50051,
        # The entry and the data that every client has for the verification of the platform.
        "task_entry": "nsfl_verify",
        "datasets": "nsfl_verify",
        "output": f"fl-{job}/output",
        "hyper_parameters": {
            "max_round_num": 2,
            "client_num": clients,
            "threshold_client_num": clients,
            "evaluate_interval": 1,
            "round_timeout": 60,
        },
        "resource": {"cpu": 0.2, "memory": 256},
    }
    (folder / "model").mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "doubles")}
    words = [sys.executable, "-m", "neursafe_fl.doubles", "model", str(folder / "model" / "mnist.h5")]
    subprocess.run(words, check=True, env=environment)
    on_host(host, f"rm -rf {FOLDER}")
    output("docker", "cp", str(folder), f"{LAB}-{host}:{FOLDER}")


def rounds_of_finished_job(host: str, job: str) -> list[dict[str, Any]]:
    """Create it, as the guide has it from the folder above with a relative path; follow it to its end; take it away."""
    assert "create job success." in on_host(host, f"cd {FOLDER}/.. && nsfl-ctl create job -w tf_mnist_fl/ default")
    try:
        said, end = "", time.monotonic() + 120
        while time.monotonic() < end and not any(state in said for state in ("FINISHED", "FAILED")):
            time.sleep(1)
            said = on_host(host, f"cd {FOLDER}/.. && nsfl-ctl get job -w tf_mnist_fl/ default")
        assert "FINISHED" in said
        return json.loads(on_host(host, f"nsfl-ctl get job {job} default -o json"))["metrics"]["rounds"]
    finally:
        on_host(host, f"nsfl-ctl delete job {job} default; rm -rf {FOLDER}")
