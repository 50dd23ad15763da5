# SPDX-License-Identifier: Apache-2.0
"""Runs playbooks against the lab as a person would, and reads what they report."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "logs" / "e2e"
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What one run of a playbook printed, and how it ended."""

    code: int
    output: str

    record: str = ""

    @property
    def changed_tasks(self) -> list[tuple[str, str, str]]:
        """Host, role and task of each change that the run reports, in order."""
        lines = map(json.loads, self.record.splitlines())
        return [(line["host"], line["role"], line["task"]) for line in lines if line["status"] == "changed"]

    @property
    def changed(self) -> dict[str, int]:
        """Number of changed tasks by host, without the hosts on which nothing changed."""
        assert "PLAY RECAP" in self.output, self.output[-3000:]
        return {host: int(changed) for host, changed in RECAP.findall(self.output) if int(changed)}


def printed() -> Path:
    """What the playbooks of the test file at work have printed so far."""
    return LOGS / f"{Path(os.environ['PYTEST_CURRENT_TEST'].split('::')[0]).stem}.log"


def run_playbook(
    name: str,
    *arguments: str,
    inventory: str = "inventories/lab",
    env: dict[str, str] | None = None,
    program: tuple[str, ...] = (f"{ROOT}/.venv/bin/ansible-playbook",),
) -> Run:
    """Run playbooks/NAME.yml; its output is kept in build/logs/e2e/<test file>.log."""
    # Further playbooks have to follow the first.
    command = [*program, "-i", inventory, f"playbooks/{name}.yml", *arguments]
    record = LOGS / "record.jsonl"
    record.unlink(missing_ok=True)
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "NSFL_PROGRESS_STYLE": "plain", "NSFL_RECORD_FILE": str(record)}
    environment |= {"ANSIBLE_CALLBACKS_ENABLED": "neursafe.fl.record", **(env or {})}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    output = result.stdout + result.stderr
    with printed().open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n{output}\nexit {result.returncode}\n")
    return Run(result.returncode, output, record.read_text(encoding="utf-8") if record.exists() else "")


def converged(name: str, *arguments: str, **options: dict[str, str]) -> Run:
    """Run a playbook that must succeed."""
    run = run_playbook(name, *arguments, **options)  # type: ignore[arg-type]
    assert run.code == 0, run.output[-6000:]
    return run


@pytest.fixture(scope="module", autouse=True)
def fresh_log() -> None:
    LOGS.mkdir(parents=True, exist_ok=True)
    printed().unlink(missing_ok=True)
