# SPDX-License-Identifier: Apache-2.0
"""Every block of commands and of settings in README and how-tos works as it is written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import command_blocks
import pytest
import yaml
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_names
from command_blocks import PARTS, Desk, command_problems, setting_problems
from pages import PAGES, ROOT, Block, blocks

BLOCKS = list(blocks())
# Names with the collection's prefix that are no setting and no part: a stanza's key, a table of the successor.
OTHER_NAMES = {"nsfl_task_metas"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own as far as commands can tell, with what a user has: an inventory, the guide's file, secrets."""
    made = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if path.name not in ("build", "inventories", "server_config.json"):
            (made / path.name).symlink_to(path)
    shutil.copytree(ROOT / "inventories", made / "inventories")
    shutil.copytree(ROOT / "inventories" / "example", made / "inventories" / "mine")
    shutil.copy(ROOT / "tests" / "unit" / "configs" / "guide-server-as-printed.json", made / "server_config.json")
    (made / "inventories" / "mine" / ".nsfl-secrets.yml").write_text("s3_secret_key: for-the-test\n", encoding="utf-8")
    (made / "vault-password").write_text("for-the-test\n", encoding="utf-8")
    return made


def problems(block: Block, folder: Path) -> list[str]:
    if block.language == "shell":
        return list(command_problems(block.text, Desk(folder)))
    return list(setting_problems(yaml.safe_load(block.text)))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_it_works_as_it_is_written(block: Block, folder: Path) -> None:
    assert block.language in ("shell", "yaml"), "say what the block is, so that it can be checked"
    assert problems(block, folder) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_in_the_text_exist(page: Path) -> None:
    names = set(re.findall(r"`(nsfl_\w+)`", page.read_text(encoding="utf-8")))
    assert names - known_names() - command_blocks.GROUPS - PARTS - OTHER_NAMES == set()


RECOVER = ROOT / "docs" / "how-to" / "recover.md"
SOURCES = [path for room in ("plugins", "roles", "playbooks") for path in (ROOT / room).rglob("*.*") if path.suffix in (".py", ".yml")]
SAID = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
SEEN = [cell for line in RECOVER.read_text(encoding="utf-8").splitlines() if line.startswith('| "') for cell in [line.split("|")[1]]]


@pytest.mark.parametrize("cell", SEEN, ids=str.strip)
def test_what_an_operator_sees_is_what_the_collection_says(cell: str) -> None:
    pieces = [piece.strip() for quote in re.findall(r'"([^"]+)"', cell) for piece in quote.split("…")]
    assert [piece for piece in pieces if piece not in SAID] == []


WRONG = {
    "a playbook that is not there": ("shell", "ansible-playbook -i inventories/mine neursafe.fl.sever"),
    "a file that is not there": ("shell", "ansible-playbook playbooks/upgade.yml"),
    "an inventory that is not there": ("shell", "ansible-playbook -i inventories/ours neursafe.fl.verify"),
    "an option that is not known": ("shell", "ansible-playbook -i inventories/mine neursafe.fl.verify --dry-run"),
    "a setting that is not known": ("shell", "ansible-playbook -i inventories/mine neursafe.fl.verify -e nsfl_verify_namspace=x"),
    "a value of another type": ("shell", "ansible-playbook -i inventories/mine neursafe.fl.verify -e nsfl_verify_rounds=many"),
    "a target that is not there": ("shell", "make domo"),
    "an entry point that is not there": ("shell", 'ansible all -i inventories/mine -m include_role -a "name=nsfl_cli tasks_from=x"'),
    "an archive of another version": ("shell", "ansible-galaxy collection install neursafe-fl-9.9.9.tar.gz"),
    "a component that is not there": ("shell", "kubectl rollout restart deployment nsfl-selector"),
    "a unit that is not there": ("shell", "systemctl status nsfl-s3f@default"),
    "a program that nothing checks": ("shell", "curl http://192.0.2.1"),
    "an unknown setting": ("yaml", "nsfl_regsitry: registry.example.org:5000"),
    "an unknown setting of a group": ("yaml", "nsfl_clients: {hosts: {ward-1: {nsfl_adress: 192.0.2.31}}}"),
    "an unknown choice": ("yaml", "nsfl_images_provider: prebuild"),
    "a role that is not there": ("yaml", "- {hosts: all, roles: [{role: neursafe.fl.nsfl_sever}]}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str, folder: Path) -> None:
    language, text = WRONG[name]
    assert problems(Block(ROOT / "README.md", 1, language, text), folder) != []
