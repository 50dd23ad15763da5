# SPDX-License-Identifier: Apache-2.0
"""The commands of README and how-tos, typed as they are written, on the platform as it stands.

What would change it is typed with `--check` behind it. That it works in earnest is for other tests: ELSEWHERE says which, for what
cannot be typed here at all, and tests/checks.toml runs the rest.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LOGS, ROOT
from platform_hands import CACHE, STATE, on_host

sys.path.append(str(ROOT / "tests" / "unit" / "meta"))
from pages import blocks, commands

BIN = Path(sys.executable).parent
# Playbooks that change nothing of the platform are run as they are.
LOOKS = {"plan", "preflight", "backup"}
# A word of a command, and the file that types it in its place.
ELSEWHERE = {
    ".venv/bin/molecule": "tests/checks.toml",
    ".venv/bin/pytest": "tests/checks.toml",
    "make": "tests/unit/meta/command_blocks.py",
    "ansible-builder": "tests/unit/meta/command_blocks.py",
    "ansible-vault": "tests/unit/meta/command_blocks.py",
    "cp": "tests/unit/meta/command_blocks.py",
    "cd": "tests/unit/meta/command_blocks.py",
    "ansible-galaxy": "tests/e2e/test_installed_collection.py",
    "nsfl-ctl": "tests/e2e/typed_job.py",
    "nsfl_server_config": "tests/unit/inventories/test_example.py",
    # These two need neither hosts nor a cluster, and the second writes into the inventory.
    "playbooks/render.yml": "tests/unit/meta/command_blocks.py",
    "playbooks/migrate.yml": "tests/unit/meta/command_blocks.py",
}
# What ends with an error on purpose, so that nobody takes it for done, and what it says.
ANSWERS = {"ansible-playbook -i inventories/mine neursafe.fl.rollback": "name the release that is to come back, one of these:"}
# On which host of the lab somebody would sit who types this.
HOSTS = {"findmnt": "node-1", "nsfl-s3fs@default.service": "node-1", "nsfl-client.service": "client-1"}
# What the pages call their examples, and what the lab calls its own.
NAMES = {"ward-2": "client-1", "nsfl_verify_namespace=cardiology": "nsfl_verify_namespace=default"}

TYPED = list(dict.fromkeys(shlex.join(words) for block in blocks() if block.language == "shell" for words in commands(block.text)))


def has(command: str, word: str) -> bool:
    return any(one == word or one.startswith(f"{word}=") for one in shlex.split(command))


def playbook(command: str) -> str:
    """The playbook of the collection that it runs."""
    return next((word.rsplit(".", 1)[-1] for word in shlex.split(command) if word.startswith("neursafe.fl.")), "")


HERE = [command for command in TYPED if not any(has(command, word) for word in ELSEWHERE)]
FIRST = {playbook(command): command for command in reversed(HERE)}
# The same playbook with other settings is for when there is time.
CASES = [
    pytest.param(command, id=command, marks=[] if command == FIRST[playbook(command)] or not playbook(command) else [pytest.mark.long])
    for command in HERE
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose user has the lab's inventory as theirs."""
    made = tmp_path_factory.mktemp("desk")
    for path in ROOT.iterdir():
        if path.name not in ("inventories", "plan.json"):
            (made / path.name).symlink_to(path)
    shutil.copytree(ROOT / "inventories" / "lab", made / "inventories" / "mine")
    (made / "home").mkdir()
    return made


def run(words: list[str], desk: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "HOME": str(desk / "home"),
        "KUBECONFIG": str(STATE / "kubeconfig"),
        "NSFL_LAB_CACHE_DIR": str(CACHE),
        "PATH": f"{BIN}:{CACHE / 'bin'}:{os.environ['PATH']}",
    }
    done = subprocess.run(words, cwd=desk, env=environment, capture_output=True, text=True, check=False)
    with (LOGS / "test_documented_commands.log").open("a", encoding="utf-8") as log:
        log.write(f"\n$ {shlex.join(words)}\n{done.stdout}{done.stderr}\nexit {done.returncode}\n")
    return done


def in_the_lab(command: str, desk: Path) -> list[str]:
    """The words with the lab's names, the backup that an earlier command has made, and --check where it is due."""
    for ours, theirs in NAMES.items():
        command = command.replace(ours, theirs)
    if "neursafe-fl-backups/" in command:
        newest = max(path.name for path in (desk / "home" / "neursafe-fl-backups").iterdir())
        command = command.replace("20260301T120000Z", newest)
    words = shlex.split(command)
    if words[0] in ("ansible", "ansible-playbook") and "--check" not in words:
        words += [] if playbook(command) in LOOKS else ["--check"]
    return words


@pytest.mark.parametrize("command", CASES)
def test_it_does_what_the_page_says(command: str, desk: Path) -> None:
    words = in_the_lab(command, desk)
    host = next((host for word, host in HOSTS.items() if word in words), None)
    if host:
        told = on_host(host, command)
        assert told.strip() and "-- No entries --" not in told
        return
    done = run(words, desk)
    assert done.returncode == (2 if command in ANSWERS else 0), (done.stdout + done.stderr)[-4000:]
    assert ANSWERS.get(command, "") in done.stdout


@pytest.mark.parametrize(("word", "file"), ELSEWHERE.items())
def test_what_is_typed_elsewhere_is(word: str, file: str) -> None:
    assert Path(word).stem in (ROOT / file).read_text(encoding="utf-8")
    assert any(has(command, word) for command in TYPED)
