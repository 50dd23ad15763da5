# SPDX-License-Identifier: Apache-2.0
"""F02: ansible-playbook is killed while a long module works; the module goes on without it, and the next run comes at once."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, converged
from platform_hands import kubectl, on_host
from steady_state import differences, lasting_state

# What makes work for the module, and the task in which the run is killed.
CASES: dict[str, tuple[Callable[[], object], str]] = {
    "s3fs_mounts": (lambda: on_host("node-2", "systemctl stop 'nsfl-s3fs@*'"), "Mount the buckets"),
    "systemd_unit": (lambda: on_host("node-1", "systemctl stop nsfl-minio"), "Run the store"),
    "rollout": (lambda: kubectl("delete", "deployment", "nsfl-model-manager"), "Wait until all components are ready"),
}


@pytest.mark.parametrize("module", CASES)
def test_f02_the_next_run_waits_for_the_old_module_and_converges(module: str, steady: dict[str, str], tmp_path: Path) -> None:
    make_work, task = CASES[module]
    make_work()
    told = tmp_path / "task"
    environment = {
        **os.environ,
        "ANSIBLE_CALLBACK_PLUGINS": f"{ROOT}/tests/faults/callbacks",
        "ANSIBLE_CALLBACKS_ENABLED": "kill_at",
        "NSFL_KILL_INSIDE": task,
        "NSFL_KILL_TOLD": str(told),
    }
    # The old module's worker keeps what it has inherited; a pipe would be waited for.
    command = [f"{ROOT}/.venv/bin/ansible-playbook", "playbooks/server.yml", "-i", "inventories/lab"]
    killed = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert task in told.read_text(encoding="utf-8")
    converged("server")
    assert differences(steady, lasting_state()) == {}
    assert converged("server").changed == {}
