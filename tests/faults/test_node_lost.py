# SPDX-License-Identifier: Apache-2.0
"""F05: a node is lost in the midst of a run, which fails and names it; the others get what is theirs, and --limit mends the lost one."""

from __future__ import annotations

import os
import re
import signal
import subprocess

from conftest import ROOT, converged, run_playbook
from fault_hands import lose_node, node_back
from platform_hands import on_host
from steady_state import differences, lasting_state

INTERVAL = "nsfl_shared_storage_check_interval=41"
TIMER = "/etc/systemd/system/nsfl-s3fs-check.timer"
HOLDS = f"grep -c OnActiveSec=41 {TIMER} || true"


def run_without_node_from(play: str) -> tuple[int, str]:
    """A run of server.yml that loses node-2 when this play begins."""
    command = [f"{ROOT}/.venv/bin/ansible-playbook", "playbooks/server.yml", "-i", "inventories/lab", "-e", INTERVAL]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "NSFL_PROGRESS_STYLE": "plain", "PYTHONUNBUFFERED": "1"}
    printed = []
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if play in line:
                process.send_signal(signal.SIGSTOP)  # or the run may be done with the node before it is gone
                lose_node()
                process.send_signal(signal.SIGCONT)
    return process.returncode, "".join(printed)


def test_f05_a_node_lost_in_the_midst_is_named_and_mended_by_limit(steady: dict[str, str]) -> None:
    try:
        code, output = run_without_node_from("PLAY [Object store on its hosts]")
    finally:
        node_back()
    assert code != 0, "the loss went unnoticed"
    assert re.search(r"node-2.*(unreachable|not running)", output, re.DOTALL | re.IGNORECASE), output[-4000:]
    assert on_host("node-1", HOLDS).strip() == "1", output[-4000:]
    assert on_host("node-2", HOLDS).strip() == "0"
    run = run_playbook("server", "-e", INTERVAL, "--limit", "node-2,localhost")
    assert run.code == 0 and set(run.changed) <= {"node-2", "localhost"}, run.output[-4000:]
    assert on_host("node-2", HOLDS).strip() == "1"
    assert converged("server", "-e", INTERVAL).changed == {}
    converged("server")
    assert differences(steady, lasting_state()) == {}
    assert converged("server").changed == {}
