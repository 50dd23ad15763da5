# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of a run: at a terminal, in CI, and in the log."""

from __future__ import annotations

import json
import os
import pty
import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PLAYBOOK = """
- name: First phase
  hosts: all
  gather_facts: false
  tasks:
    - name: Take a while
      ansible.builtin.command:
        argv: [sh, -c, "printf 'half done' > ${NSFL_PROGRESS_FILE:-/dev/null}; sleep 1.2"]
    - name: Warn while the line stands there
      ansible.builtin.fail:
        msg: "{{ lookup('ansible.builtin.file', '/nonexistent/mind the gap', errors='warn') }}"
      failed_when: false
      when: warned | default(false)
    - name: Tell what is to be known
      ansible.builtin.debug:
        msg: ["said by {{ item }}", "job j FINISHED"]
      loop: [one, two]
    - name: Show a variable
      ansible.builtin.debug:
        var: ansible_play_name
    - name: Hide something
      ansible.builtin.debug:
        msg: canary-17
      no_log: true

- name: Second phase
  hosts: a
  gather_facts: false
  tasks:
    - name: Have an outcome
      ansible.builtin.set_stats:
        data: {neursafe_fl: job j FINISHED}
    - name: Fail when that is asked
      ansible.builtin.assert:
        that: not broken
        fail_msg: the setting is wrong
        quiet: true
"""


@dataclass
class Runs:
    folder: Path

    def start(self, style: str, *arguments: str, terminal: bool = False, **variables: str) -> tuple[int, str]:
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "a,b,", "-e", "ansible_connection=local", *arguments]
        command += ["-e", json.dumps({"ansible_python_interpreter": sys.executable}), str(self.folder / "site.yml")]
        environment = {**os.environ, "NSFL_PROGRESS_STYLE": style, "NSFL_PROGRESS_FOLDER": str(self.folder / "runs")}
        environment |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "TERM": "xterm", "COLUMNS": "70"}
        environment |= {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"), "NO_COLOR": "1", "CI": "", **variables}
        if not terminal:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout
        ours, theirs = pty.openpty()
        child = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        seen = bytearray()
        while chunk := _read(ours):
            seen += chunk
        os.close(ours)
        return child.wait(), seen.decode()

    @property
    def log(self) -> Path:
        return self.folder / "runs" / "site.log"


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 4096)
    except OSError:  # the other end of a terminal is gone
        return b""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("progress")
    (folder / "site.yml").write_text(PLAYBOOK, encoding="utf-8")
    return Runs(folder)


def test_in_ci_each_phase_is_a_line_and_everything_is_in_the_log(runs: Runs) -> None:
    code, output = runs.start("auto", "-e", '{"broken": false}')
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    assert code == 0
    assert re.fullmatch(r"First phase: \d+\.\d s, 2 changed", lines[0])
    assert lines[1:4] == ["said by one", "job j FINISHED", "said by two"]
    assert re.fullmatch(r"Second phase: \d\.\d s, 0 changed", lines[4])
    assert re.fullmatch(r"a : ok=\d  changed=1  unreachable=0  failed=0  skipped=\d  rescued=0  ignored=0", lines[5]), lines
    assert lines[7].startswith("phase") and lines[-1] == "job j FINISHED" and "First phase" not in lines[2]
    assert "TASK [Take a while]" in runs.log.read_text(encoding="utf-8")
    assert runs.log.read_text(encoding="utf-8").count("changed=1") == 2
    assert stat.S_IMODE(runs.log.stat().st_mode) == 0o600
    assert "canary-17" not in output + runs.log.read_text(encoding="utf-8")


def test_a_failure_is_shown_in_full_with_what_to_do_next(runs: Runs) -> None:
    code, output = runs.start("quiet", "-e", '{"broken": true}')
    assert code == 2
    assert "FAILED on a, Second phase, Fail when that is asked:\nthe setting is wrong" in output
    assert "failed on a" in output and output.count("the setting is wrong") == 1
    assert "Origin: " in runs.log.read_text(encoding="utf-8")
    assert output.strip().endswith(f"run the same command again; it goes on from what is there. Everything is in {runs.log}.")


def test_at_a_terminal_one_line_is_kept_up_to_date(runs: Runs) -> None:
    runs.start("quiet", "-e", '{"broken": false}')
    _code, output = runs.start("auto", "-e", '{"broken": false}', terminal=True)
    live = [line for line in re.split(r"\r\x1b\[K|\r|\n", output) if line.startswith("First phase: ") and " hosts, " in line]
    assert len(live) >= 2
    assert any(re.fullmatch(r"First phase: \d of 2 hosts, \d+ of about \d+ s: half done", line.strip()) for line in live), live
    assert all(len(line) < 70 for line in live)
    assert "TASK [" not in output


@pytest.mark.parametrize(("style", "arguments"), [("plain", ()), ("auto", ("-v",)), ("auto", ("--diff",))])
def test_the_plain_output_is_to_be_had(runs: Runs, style: str, arguments: tuple[str, ...]) -> None:
    _code, output = runs.start(style, "-e", '{"broken": false}', *arguments)
    assert "TASK [Take a while]" in output and "PLAY RECAP" in output
    assert output.count("changed=1") == 2 and "job j FINISHED" in output


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_terminal_without_a_person_or_a_cursor_gets_whole_lines(runs: Runs, variables: dict[str, str]) -> None:
    _code, output = runs.start("auto", "-e", '{"broken": false}', terminal=True, **variables)
    assert "\x1b" not in output and re.search(r"^First phase: \d\.\d s, 2 changed\r?$", output, re.MULTILINE)


def test_lines_fit_a_narrow_terminal_and_colour_can_be_had(runs: Runs) -> None:
    _code, output = runs.start("auto", "-e", '{"broken": false}', terminal=True, COLUMNS="38", NO_COLOR="", ANSIBLE_FORCE_COLOR="1")
    plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", output)
    told = [line for line in re.split(r"[\r\n]+", plain) if " hosts, " in line or re.match(r"phase|First p\S* +\d|all ", line)]
    assert "\x1b[0;33m" in output or "\x1b[33m" in output
    assert len(told) >= 5 and [line for line in told if len(line) >= 38] == []


def test_what_others_show_begins_on_a_line_of_its_own(runs: Runs) -> None:
    """A warning in the middle of a phase, while its line stands there."""
    _code, output = runs.start("live", "-e", '{"broken": false, "warned": true}', terminal=True)
    assert re.search(r"\r\x1b\[K\[WARNING\]: [^\r]*mind the gap", output), output
