# SPDX-License-Identifier: Apache-2.0
"""The files by which others get what the collection needs: an execution environment, requirements, a devcontainer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
BUILDER = Path(sys.executable).parent / "ansible-builder"


def lines(path: Path) -> set[str]:
    """What a file of requirements asks for."""
    return {line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `ansible-builder create` makes of the definition."""
    folder = tmp_path_factory.mktemp("ee") / "context"
    # Named otherwise after the engine that it finds.
    named = ["--output-filename", "Containerfile"]
    command = [str(BUILDER), "create", "-f", str(ROOT / "meta" / "execution-environment.yml"), "-c", str(folder), *named]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_build_context_has_what_the_collection_needs(context: Path) -> None:
    build = context / "_build"
    assert lines(build / "requirements.txt") == lines(ROOT / "requirements.txt")
    assert lines(build / "bindep.txt") == lines(ROOT / "bindep.txt")
    assert yaml.safe_load((build / "requirements.yml").read_text()) == yaml.safe_load((ROOT / "requirements.yml").read_text())
    assert "ansible-core>=2.19,<2.22" in (context / "Containerfile").read_text()


def test_an_installed_collection_names_the_same_files() -> None:
    """There, ansible-builder takes paths from the collection's root; in `create -f`, from the folder of the definition."""
    needs = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text())["dependencies"]
    for kind in ("python", "system", "galaxy"):
        assert (ROOT / "meta" / needs[kind]).is_file()
        assert (ROOT / needs[kind]).resolve() == ROOT / "meta" / needs[kind]


def test_collections_are_those_of_galaxy_yml() -> None:
    listed = yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]
    wanted = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    assert {one["name"]: one["version"] for one in listed} == wanted


def test_the_tests_run_with_each_python_package() -> None:
    pinned = {line.partition("==")[0].lower() for line in lines(ROOT / "requirements" / "dev.txt")}
    assert lines(ROOT / "requirements.txt") - pinned == set()


def test_the_devcontainer_ends_with_make_setup() -> None:
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert settings["postCreateCommand"] == "make setup"
    assert re.search(r"^setup:", (ROOT / "Makefile").read_text(), re.MULTILINE)
