# SPDX-License-Identifier: Apache-2.0
"""The page on security names tests that exist, and what it promises of the source itself holds."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:tests|molecule)/[\w/]+\.(?:py|yml))(?:::(\w+))?`", PAGE)
SECRET = re.compile(r"_(password|token|secret_key|private_key)$")
# The capability of that number: to look into every folder.
READ_SEARCH = 2
# What takes a text and has a shell read it.
SHELLS = ("ansible.builtin.shell", "ansible.builtin.raw", "ansible.builtin.script", "ansible.builtin.expect")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def yaml_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.yml"))


def flat(tasks: Any) -> Iterator[dict[str, Any]]:
    for task in tasks if isinstance(tasks, list) else []:
        yield task
        for part in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from flat(task.get(part))


def python_files() -> list[Path]:
    return sorted((ROOT / "plugins").rglob("*.py"))


def calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def test_the_tests_that_it_names_are_there() -> None:
    missing = [name for name, _test in NAMED if not (ROOT / name).is_file()]
    assert NAMED and missing == []
    assert [f"{name}::{test}" for name, test in NAMED if test and f"def {test}(" not in (ROOT / name).read_text(encoding="utf-8")] == []


def test_each_of_the_27_checks_has_a_row_and_a_test_or_a_reason() -> None:
    rows = {int(number): rest for number, rest in re.findall(r"^\| (\d+) \|(.*)$", PAGE, re.MULTILINE)}
    assert sorted(rows) == list(range(1, 28))
    assert [number for number, rest in rows.items() if not re.search(r"`(tests|molecule)/", rest) and "Not promised" not in rest] == []


def test_security_21_a_template_in_a_configuration_file_is_never_run(tmp_path: Path) -> None:
    """In each place that takes a text, and through the whole of render and migrate."""
    guide = json.loads((ROOT / "tests" / "unit" / "configs" / "server-2022.json").read_text(encoding="utf-8"))
    canary = tmp_path / "ran"
    poison = "{{ lookup('pipe', 'touch " + str(canary) + "') }}"
    config, folder = tmp_path / "config.json", tmp_path / "rendered"
    guide["job_scheduler"]["options"] = {"REPORT_PERIOD": poison}
    guide["db"]["name"] = guide["job_scheduler"]["image"] = poison
    for tree in (guide, {**guide, "db": {**guide["db"], "name": "fl"}, "job_scheduler": {**guide["job_scheduler"], "image": "nsfl:1"}}):
        config.write_text(json.dumps(tree), encoding="utf-8")
        asked = ("-e", "nsfl_type=server", "-e", f"nsfl_config_file={config}")
        playbook("render", *asked, "-e", f"nsfl_output_dir={folder}", home=tmp_path)
        playbook("migrate", *asked, "-e", f"nsfl_variables_file={tmp_path / 'variables.yml'}", home=tmp_path)
    # Nothing was run, whether the text was refused or, as an option, came through as it is.
    assert not canary.exists()
    assert poison in (folder / "job-scheduler.yaml").read_text(encoding="utf-8").replace("''", "'")


def test_security_22_no_shell_reads_what_a_setting_says() -> None:
    found = []
    for path in yaml_files("roles", "playbooks"):
        for task in flat(load(path)):
            command = task.get("ansible.builtin.command")
            # In one line, a value with a blank in it would be two arguments.
            joined = command if isinstance(command, str) else (command or {}).get("cmd", "")
            if any(name in task or name.rpartition(".")[2] in task for name in SHELLS) or "{{" in str(joined):
                found.append(f"{path.relative_to(ROOT)}: {task.get('name')}")
    assert found == []


def test_security_22_no_module_has_a_shell_read_a_text() -> None:
    found = []
    for path in python_files():
        for call in calls(path):
            words = ast.unparse(call.func)
            shell = {keyword.arg for keyword in call.keywords if isinstance(keyword.value, ast.Constant) and keyword.value.value is True}
            if {"shell", "use_unsafe_shell"} & shell or words in ("os.system", "os.popen", "subprocess.getoutput", "eval", "exec"):
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}: {words}")
    assert found == []


def test_security_7_no_secret_has_a_value_of_its_own() -> None:
    """Each is empty, generated, or taken from the inventory; nobody meets a password here that others know, too."""
    found = []
    for path in sorted((ROOT / "roles").glob("*/defaults/main.yml")):
        # The lab, with its one registry on this machine, asks for one, too.
        for name, value in load(path).items():
            if SECRET.search(name) and value not in ("", None) and not str(value).startswith("{{"):
                found.append(name)
            if SECRET.search(name) and re.search(r"default\(\s*'[^']+'", str(value)):
                found.append(name)
    assert found == []


def test_security_7_an_empty_inventory_is_refused_and_makes_no_secret(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {}\n", encoding="utf-8")
    run = playbook("server", "-i", str(inventory), home=tmp_path)
    assert run.returncode != 0 and "Nothing was changed. Problems found:" in run.stdout, run.stdout[-3000:]
    assert "nsfl_object_store_hosts: no host is there to run MinIO" in run.stdout
    assert list(tmp_path.rglob("*secrets*")) == []


def playbook(name: str, *arguments: str, home: Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    program = shutil.which("ansible-playbook", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    command = [*before, str(program), str(ROOT / "playbooks" / f"{name}.yml"), *arguments]
    environment = {**os.environ, "HOME": str(home), "ANSIBLE_NOCOLOR": "1", "NSFL_PROGRESS_STYLE": "plain"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def home() -> Iterator[Path]:
    """That of an ordinary user. Folders of pytest are closed to others."""
    with tempfile.TemporaryDirectory(prefix="nsfl-home-") as folder:
        if os.geteuid() == 0:
            os.chown(folder, 1000, 1000)
        yield Path(folder)


@pytest.fixture
def an_ordinary_user() -> tuple[str, ...]:
    """How to start a program as one; as who starts these tests, if that is one."""
    if os.geteuid() != 0:
        return ()
    # May look into folders, because checkout and Python may lie in root's home, and may do nothing else that others may not. In a
    # container, where root itself may not, they lie elsewhere.
    bounds = next(line for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if line.startswith("CapBnd:"))
    reads = "-all,+dac_read_search" if int(bounds.split()[1], 16) >> READ_SEARCH & 1 else "-all"
    sets = [f"--{name}={reads}" for name in ("inh-caps", "ambient-caps", "bounding-set")]
    return ("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", *sets)


def test_security_23_the_controller_needs_no_root(home: Path, an_ordinary_user: tuple[str, ...]) -> None:
    config = ROOT / "tests" / "unit" / "configs" / "guide-server-as-printed.json"
    asked = ("-e", "nsfl_type=server", "-e", f"nsfl_config_file={config}", "-e", f"nsfl_output_dir={home}/rendered")
    rendered = playbook("render", *asked, home=home, before=an_ordinary_user)
    assert rendered.returncode == 0, rendered.stdout[-3000:] + rendered.stderr[-2000:]
    assert (home / "rendered" / "proxy.yaml").stat().st_uid != 0
    inventory = home / "hosts.yml"
    inventory.write_text("all: {}\n", encoding="utf-8")
    looked = playbook("preflight", "-i", str(inventory), home=home, before=an_ordinary_user)
    # It comes to its verdict, which is no word on rights.
    assert "Nothing was changed. Problems found:" in looked.stdout, looked.stdout[-3000:] + looked.stderr[-2000:]
    assert "ermission denied" not in looked.stdout + looked.stderr


def test_security_23_root_is_asked_for_by_the_task_that_needs_it() -> None:
    """No play as a whole; and nothing on the controller."""
    plays = [(path, play) for path in yaml_files("playbooks") for play in load(path) or [] if isinstance(play, dict) and "hosts" in play]
    assert [path.name for path, play in plays if play.get("become") is True and play["hosts"] == "localhost"] == []


def test_security_25_what_is_downloaded_is_known_by_its_checksum() -> None:
    downloads = [task for path in yaml_files("roles", "playbooks") for task in flat(load(path)) if "ansible.builtin.get_url" in task]
    assert downloads and [task["name"] for task in downloads if "sha256:" not in str(task["ansible.builtin.get_url"].get("checksum"))] == []
    pins = [line for line in (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").splitlines() if line and line[0] not in "#-"]
    assert [line for line in pins if "==" not in line] == []
    ranges = load(ROOT / "galaxy.yml")["dependencies"]
    assert [name for name, wanted in ranges.items() if not re.match(r">=\d", wanted)] == []
