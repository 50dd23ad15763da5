# SPDX-License-Identifier: Apache-2.0
"""The collection as others get it: built, installed, and used from a folder that has nothing to do with this checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from conftest import LOGS, ROOT, Run

BIN = Path(sys.executable).parent
DEPENDENCIES = next(BIN.parent.glob("lib/python3*/site-packages"))
MEGABYTE = 2**20


@dataclass(frozen=True)
class Installation:
    """An installed build, and a site beside it: the lab's inventory and the source tree that its images are built from."""

    folder: Path

    @property
    def collection(self) -> Path:
        return self.folder / "collections" / "ansible_collections" / "neursafe" / "fl"

    @property
    def archive(self) -> Path:
        (path,) = self.folder.glob("neursafe-fl-*.tar.gz")
        return path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of Ansible from a folder of its own, with Ansible's own defaults."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        environment |= {
            "ANSIBLE_COLLECTIONS_PATH": f"{self.folder / 'collections'}:{DEPENDENCIES}",
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
        }
        command = [str(BIN / program), *arguments]
        return subprocess.run(command, cwd=self.folder / "elsewhere", env=environment, capture_output=True, text=True, check=False)

    def playbook(self, *arguments: str) -> Run:
        done = self.run("ansible-playbook", "-i", str(self.folder / "site" / "inventories" / "lab"), *arguments)
        output = done.stdout + done.stderr
        LOGS.mkdir(parents=True, exist_ok=True)
        (LOGS / f"installed-{arguments[0].rpartition('.')[2]}.log").write_text(output, encoding="utf-8")
        return Run(done.returncode, output)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("installation"))
    (made.folder / "elsewhere").mkdir()
    (made.folder / "ansible.cfg").touch()
    built = made.run("ansible-galaxy", "collection", "build", "--output-path", str(made.folder), str(ROOT))
    assert built.returncode == 0, built.stderr
    # The dependencies are those of .venv; nothing is fetched.
    where = ["--offline", "--no-deps", "--collections-path", str(made.folder / "collections")]
    installed = made.run("ansible-galaxy", "collection", "install", *where, str(made.archive))
    assert installed.returncode == 0, installed.stderr
    shutil.copytree(ROOT / "inventories" / "lab", made.folder / "site" / "inventories" / "lab")
    shutil.copytree(ROOT / "tests" / "doubles", made.folder / "site" / "tests" / "doubles")
    return made


def test_the_archive_holds_what_users_need_and_nothing_else(installation: Installation) -> None:
    with tarfile.open(installation.archive) as archive:
        names = archive.getnames()
    rooms = {name.split("/")[0] for name in names}
    assert {"MANIFEST.json", "README.md", "LICENSES", "docs", "meta", "playbooks", "plugins", "roles", "inventories"} <= rooms
    unwanted = {"tests", "molecule", "build", "collections", "tools", "requirements", "Makefile", "ansible.cfg", "pyproject.toml"}
    assert rooms & unwanted == set()
    assert [name for name in names if name.startswith(".") or "__pycache__" in name or "nsfl-secrets" in name] == []


def test_the_archive_is_small(installation: Installation) -> None:
    assert installation.archive.stat().st_size < 2 * MEGABYTE


def test_no_link_leads_out_of_the_collection(installation: Installation) -> None:
    top = installation.collection
    links = [path for path in top.rglob("*") if path.is_symlink()]
    assert [path for path in links if not path.exists() or not path.resolve().is_relative_to(top)] == []


def test_the_declared_dependencies_are_those_that_it_was_tried_with() -> None:
    for name, wanted in yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"].items():
        manifest = DEPENDENCIES / "ansible_collections" / name.replace(".", "/") / "MANIFEST.json"
        have = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"]
        assert wanted.startswith(">=")
        assert tuple(map(int, have.split("."))) >= tuple(map(int, wanted.removeprefix(">=").split("."))), f"{name} {have}"


def test_every_plugin_and_role_of_the_checkout_is_in_it(installation: Installation) -> None:
    top = installation.collection
    for room in ("plugins", "roles", "playbooks"):
        tracked = subprocess.run(["git", "ls-files", room], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        assert [name for name in tracked if (ROOT / name).exists() and not (top / name).exists()] == []


SERVER_ONLY = ("-e", '{"nsfl_plan_playbooks": ["server"]}')


@pytest.mark.parametrize("arguments", [("neursafe.fl.preflight",), ("neursafe.fl.server", "--check"), ("neursafe.fl.plan", *SERVER_ONLY)])
def test_its_playbooks_need_nothing_of_the_checkout(installation: Installation, arguments: tuple[str, ...]) -> None:
    run = installation.playbook(*arguments, "-vv")
    assert run.code == 0, run.output[-4000:]
    assert run.changed == {}
    # With -vv each task tells the file it stands in.
    assert f"task path: {installation.folder}/collections/ansible_collections/neursafe/fl/playbooks" in run.output
    assert [line for line in run.output.splitlines() if line.startswith("task path:") and str(installation.folder) not in line] == []
    assert [line for line in run.output.splitlines() if str(ROOT) in line and str(BIN.parent) not in line] == []


@pytest.mark.parametrize(
    ("kind", "name"), [("module", "images"), ("filter", "host_problems"), ("lookup", "setting_problems"), ("role", "nsfl_server")]
)
def test_its_parts_are_documented(installation: Installation, kind: str, name: str) -> None:
    done = installation.run("ansible-doc", "--type", kind, f"neursafe.fl.{name}")
    assert done.returncode == 0 and name in done.stdout.lower(), done.stderr
