# SPDX-License-Identifier: Apache-2.0
"""The tree has the shape that nsfl_images expects, and says everywhere what it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .machinery import ROOT

FILES = ("base", "cli", "client-cpu", "coordinator", "data_server", "job_scheduler", "model_manager", "proxy", "selector")


@pytest.mark.parametrize("name", FILES)
def test_build_file(name: str) -> None:
    text = (ROOT / f"deploy/docker-images/dockerfiles/{name}.Dockerfile").read_text()
    assert re.findall(r"^FROM (.+)$", text, re.M) == ["debian:bookworm" if name in ("base", "proxy") else "nsfl-base:latest"]
    assert "TEST DOUBLE" in text and "test double, not the product" in text
    for source in re.findall(r"^COPY (\S+) ", text, re.M):
        assert (ROOT / source).exists()


def test_no_other_build_files() -> None:
    assert sorted(path.stem for path in (ROOT / "deploy/docker-images/dockerfiles").iterdir()) == sorted(FILES)


def tracked() -> list[Path]:
    return [path for path in ROOT.rglob("*") if path.is_file() and not {"__pycache__", ".pytest_cache"} & set(path.parts)]


@pytest.mark.parametrize("path", [path for path in tracked() if path.suffix != ".json"], ids=lambda path: str(path.relative_to(ROOT)))
def test_licence_and_label(path: Path) -> None:
    text = path.read_text()
    assert "SPDX-License-" + "Identifier: Apache-2.0" in text[:300]
    if "neursafe_fl" in path.parts and path.name != "__init__.py":
        assert "TEST DOUBLE" in text


@pytest.mark.parametrize("path", [path for path in tracked() if path.suffix == ".json"], ids=lambda path: str(path.relative_to(ROOT)))
def test_json(path: Path) -> None:
    json.loads(path.read_text())


def test_selector_sample_is_as_upstream_writes_it() -> None:
    text = (ROOT / "samples/client_selector_setup.json").read_text()
    assert "\n" not in text and json.loads(text)["auth_client"] == "false"
