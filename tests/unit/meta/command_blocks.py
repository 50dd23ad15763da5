# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the commands and settings in the documentation's blocks. Nothing is done to any host.

tests/e2e/test_documented_commands.py types those commands on a platform.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.neursafe.fl.plugins.plugin_utils._setting_values import value_problems
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import known_settings, unknown
from pages import ROOT, blocks, commands

BIN = Path(sys.executable).parent
GROUPS = {"nsfl_object_store", "nsfl_database", "nsfl_nodes", "nsfl_clients", "nsfl_cluster_clients", "nsfl_cli"}
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
# What `neursafe.fl.NAME` may mean.
PARTS = ROLES | {path.stem for folder in ("playbooks", "plugins/*") for path in ROOT.glob(f"{folder}/*.*")}
OURS = re.compile(r"^neursafe\.fl\.(\w+)")


@dataclass
class Desk:
    """A folder that looks like a checkout whose user has copied the example inventory, for commands to be run in."""

    folder: Path
    made: set[str] = field(default_factory=set)  # by an earlier command of the block

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.folder / "vault-password"),
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }

    def run(self, *words: str) -> list[str]:
        """Run a command; what is wrong when it fails."""
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        return [f"{shlex.join(words)}: exit {done.returncode}: {(done.stdout + done.stderr)[-1500:]}"] if done.returncode else []

    def lacks(self, *paths: str) -> list[str]:
        """Those of the paths that are neither there nor made by the block."""
        return [f"there is no {path}" for path in paths if path not in self.made and not (self.folder / path).exists()]


def parsed(program: str, words: list[str]) -> Any:
    """The options of one of Ansible's programs as that program understands them; it ends when it does not."""
    module = importlib.import_module(f"ansible.cli.{program}")
    cli = next(cls for name, cls in vars(module).items() if name.endswith("CLI") and cls.__module__ == module.__name__)([program, *words])
    cli.init_parser()
    return cli.parser.parse_args(words)


@cache
def sound(folder: Path) -> frozenset[str]:
    """The playbooks that pages name, when Ansible finds nothing wrong with any of them: one start of it for all."""
    named = set()
    for block in blocks():
        for words in commands(block.text) if block.language == "shell" else ():
            with suppress(SystemExit):
                named |= set(parsed("playbook", words[1:]).args) if words[0] == "ansible-playbook" else set()
    return frozenset() if syntax(folder, *sorted(named)) else frozenset(named)


def syntax(folder: Path, *playbooks: str) -> list[str]:
    """What Ansible finds wrong with playbooks of these names, without a host."""
    return Desk(folder).run("ansible-playbook", "--syntax-check", "-i", "inventories/example", *playbooks)


def settings(values: list[str], desk: Desk) -> Iterator[str]:
    """What is wrong with the arguments of `-e`."""
    for value in values:
        if value.startswith("@"):
            yield from desk.lacks(value[1:])
        else:
            given = yaml.safe_load(value) if value.startswith("{") else dict(pair.split("=", 1) for pair in shlex.split(value))
            yield from setting_problems(given)
            yield from desk.lacks(*[text for name, text in given.items() if name in ("nsfl_config_file", "nsfl_server_config")])


def ansible_playbook(words: list[str], desk: Desk) -> Iterator[str]:
    options = parsed("playbook", words)
    yield from settings(options.extra_vars, desk)
    yield from desk.lacks(*[path for path in options.inventory or [] if not path.endswith(",")])
    for playbook in options.args:
        found = [] if playbook in sound(desk.folder) else syntax(desk.folder, playbook)
        yield from found
        # These two need neither host nor cluster, so they are run as they stand.
        if not found and Path(playbook).stem in ("render", "migrate"):
            yield from desk.run("ansible-playbook", *words)


def ansible(words: list[str], desk: Desk) -> Iterator[str]:
    options = parsed("adhoc", words)
    yield from desk.lacks(*options.inventory)
    if options.module_name.endswith("include_role"):
        asked = dict(pair.split("=", 1) for pair in shlex.split(options.module_args))
        role = asked["name"].removeprefix("neursafe.fl.")
        yield from desk.lacks(f"roles/{role}/tasks/{asked.get('tasks_from', 'main')}.yml")


def ansible_galaxy(words: list[str], desk: Desk) -> Iterator[str]:
    parsed("galaxy", words)
    metadata = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    archive = f"{metadata['namespace']}-{metadata['name']}-{metadata['version']}.tar.gz"
    desk.made.add(archive)
    yield from desk.lacks(*[word for word in words if word.endswith((".tar.gz", ".yml"))])


def make(words: list[str], desk: Desk) -> Iterator[str]:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    yield from [f"the Makefile has no target {word}" for word in words or [""] if word not in targets]


def plain(words: list[str], desk: Desk) -> Iterator[str]:
    """A program of this checkout, or of .venv: it, and the files that it is given, are there."""
    yield from desk.lacks(*[word for word in words if "/" in word])
    if "--scenario-name" in words:
        yield from desk.lacks(f"molecule/{words[words.index('--scenario-name') + 1]}/molecule.yml")


def cd(words: list[str], desk: Desk) -> Iterator[str]:
    """Only into the folder that `ansible-galaxy collection download` makes, with what it leaves there."""
    desk.made |= {"collections", "requirements.yml"}
    yield from desk.lacks(*words)


def kubectl(words: list[str], desk: Desk) -> Iterator[str]:
    """What it is asked about has the name of a component."""
    names = {str(spec.get("default", "")) for name, spec in known_settings().items() if name.endswith("_service_name")}
    wanted = re.findall(r"deployment[ /]([\w-]+)", " ".join(words))
    yield from [f"no component is called {name}" for name in wanted if name not in names | {"nsfl-job-scheduler", "nsfl-model-manager"}]
    if words[0] not in ("get", "describe", "logs", "rollout"):
        yield f"kubectl {words[0]} is not for a page: the collection changes the cluster"


def unit(words: list[str], desk: Desk) -> Iterator[str]:
    """systemctl and journalctl name a unit that a role writes."""
    names = [word.removesuffix(".service") for word in words if word.startswith("nsfl-")]
    known = {path.name.partition(".service")[0].partition("@")[0] for path in ROOT.glob("roles/*/templates/*.service.j2")}
    yield from [f"no role writes the unit {name}" for name in names if name.partition("@")[0] not in known | {"nsfl-client"}]
    if not names:
        yield "no unit of the platform is named"


def findmnt(words: list[str], desk: Desk) -> Iterator[str]:
    root = known_settings()["nsfl_root"]["default"]
    yield from [f"{word} is not below {root}" for word in words if not word.startswith(f"{root}/")]


def nsfl_ctl(words: list[str], desk: Desk) -> Iterator[str]:
    if not re.fullmatch(r"(create|get|delete|stop) job( -w \S+/)? [a-z0-9-]+|get namespace", " ".join(words)):
        yield f"nsfl-ctl {' '.join(words)} is not as the guide writes it"


PROGRAMS: dict[str, Callable[[list[str], Desk], Iterator[str]]] = {
    "ansible": ansible,
    "ansible-galaxy": ansible_galaxy,
    "ansible-playbook": ansible_playbook,
    "cd": cd,
    "findmnt": findmnt,
    "journalctl": unit,
    "kubectl": kubectl,
    "make": make,
    "nsfl-ctl": nsfl_ctl,
    "python": plain,
    "systemctl": unit,
    ".venv/bin/molecule": plain,
    ".venv/bin/pytest": plain,
}
# Those that work on files of the desk, and no more.
RUN = ("ansible-builder", "ansible-vault", "cp")


def command_problems(text: str, desk: Desk) -> Iterator[str]:
    """What is wrong with the commands of a block, each tried as far as it costs little and changes nothing."""
    for words in commands(text):
        program, *arguments = words
        if program in RUN:
            yield from desk.run(*words)
        elif program in PROGRAMS:
            try:
                yield from PROGRAMS[program](arguments, desk)
            except SystemExit:
                yield f"{shlex.join(words)}: {program} does not know an option of it"
        else:
            yield f"{shlex.join(words)}: nothing here knows how to check {program}"


def setting_problems(value: Any) -> Iterator[str]:
    """What is wrong with `nsfl_*` names and their values, and with names of the collection's parts, anywhere in a YAML block."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if re.fullmatch(r"nsfl_\w+", str(name)) and name not in GROUPS:
                yield from unknown([name])
                if name in known_settings() and "{{" not in str(inner):
                    yield from value_problems(name, inner, known_settings()[name])
            yield from setting_problems(inner if name not in known_settings() else None)
            yield from setting_problems(str(name))
    elif isinstance(value, list):
        for item in value:
            yield from setting_problems(item)
    elif isinstance(value, str) and (found := OURS.match(value)) and found[1] not in PARTS:
        yield f"there is no neursafe.fl.{found[1]}"
