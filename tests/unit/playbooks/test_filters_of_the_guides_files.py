# SPDX-License-Identifier: Apache-2.0
"""neursafe.fl.server_config and neursafe.fl.client_config in a playbook, as their documentation shows them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


# The guide misprints two values of the client.
@pytest.mark.parametrize(("kind", "told"), [("server", []), ("client", ["task_manager.port", "task_manager.server_address"])])
def test_its_example_shows_what_the_file_means(tmp_path: Path, kind: str, told: list[str]) -> None:
    text = (ROOT / "tests" / "unit" / "configs" / f"guide-{kind}-as-printed.json").read_text(encoding="utf-8")
    (tmp_path / f"{kind}_config.json").write_text(text, encoding="utf-8")
    documentation = yaml.safe_load((ROOT / "plugins" / "filter" / f"{kind}_config.yml").read_text(encoding="utf-8"))
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": yaml.safe_load(documentation["EXAMPLES"])}]
    (tmp_path / "show.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(tmp_path / "show.yml")],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "NSFL_PROGRESS_STYLE": "plain"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (message,) = re.findall(r'^ +"msg": \{$.*?^ {4}\}$', done.stdout, re.MULTILINE | re.DOTALL)
    shown = json.loads("{" + message + "}")["msg"]
    assert (shown["kind"], [problem.split(" (")[0] for problem in shown["problems"]]) == (kind, told)
    assert bool(shown["settings"]) is not bool(told)
