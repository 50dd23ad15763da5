# SPDX-License-Identifier: Apache-2.0
"""Runs that are broken off: what they leave behind does no harm, and the next run finishes what they began."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_service import ImagesError
from cut_way import CutWay
from real_registry import ACCOUNT, RealRegistry
from small_site import BUILDERS, SHELL, Site

PATIENCE = 30.0


def start(site: Site, settings: dict[str, object], until: str) -> multiprocessing.process.BaseProcess:
    """Begin a run in a process of its own and come back when its progress says `until`."""
    progress = site.folder / "cache/logs/progress.log"
    process = multiprocessing.get_context("fork").Process(target=site.run, args=(settings,))
    process.start()
    end = time.monotonic() + PATIENCE
    while not (progress.exists() and until in progress.read_text()):
        assert time.monotonic() < end and process.is_alive()
        time.sleep(0.05)
    return process


def private_folders(site: Site) -> list[Path]:
    return list((site.folder / "cache").glob("run.*"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("builder", BUILDERS)
def test_the_next_run_finishes(site: Site, registry: RealRegistry, builder: str, number: signal.Signals) -> None:
    settings = {**registry.settings, **BUILDERS[builder]}
    site.write("app", f"FROM nsfl-base:latest\n{SHELL}RUN busybox sleep 6\nCOPY app.txt /app.txt\n")
    process = start(site, settings, "nsfl-app: build")
    assert process.pid
    os.kill(process.pid, number)
    process.join(PATIENCE)
    assert not Path(site.params["manifest_file"]).exists()
    left = private_folders(site)
    assert bool(left) == (number == signal.SIGKILL)
    result = site.run(settings)
    assert result["actions"] == {"nsfl-base": "present", "nsfl-app": "built"}
    assert private_folders(site) == [] and ACCOUNT[1] not in site.logs()
    assert not site.run(settings)["changed"]
    assert registry.files()["/app.txt"] == "one"


# Docker tries a layer again for a minute before it gives up.
@pytest.mark.parametrize("builder", ["buildah", "podman"])
def test_f23_a_push_that_is_cut_within_a_layer_is_told_and_the_next_run_completes(site: Site, registry: RealRegistry, builder: str) -> None:
    noise = os.urandom(8 * 2**20)
    (site.tree / "noise").write_bytes(noise)
    site.write("app", "FROM nsfl-base:latest\nCOPY noise /noise\n")
    with CutWay(registry.port) as way:
        settings = {**registry.settings, **BUILDERS[builder], "registry": f"localhost:{way.port}"}
        site.run({**settings, "select": ["nsfl-base"]})
        way.limit = 3 * 2**20
        with pytest.raises(ImagesError, match="image nsfl-app: the push failed"):
            site.run(settings)
        assert way.limit <= 0
        # No name of an image that is not whole: neither for us, nor in the registry.
        assert "nsfl-app" not in Path(site.params["manifest_file"]).read_text()
        way.limit = None
        assert site.run(settings)["actions"] == {"nsfl-base": "present", "nsfl-app": "built"}
        assert not site.run(settings)["changed"]
    assert any(noise in blob for blob in registry.blobs())


def test_a_run_that_is_still_going_is_waited_for(site: Site, registry: RealRegistry) -> None:
    settings = {**registry.settings, **BUILDERS["buildah"]}
    site.write("app", f"FROM nsfl-base:latest\n{SHELL}RUN busybox sleep 2\n")
    process = start(site, settings, "nsfl-app: build")
    with pytest.raises(Exception, match=rf"another run \(process {process.pid}\) builds images with"):
        site.run({**settings, "build_timeout": 0})
    assert not site.run(settings)["changed"]
    process.join(PATIENCE)
    assert process.exitcode == 0
    assert site.check(settings)["up_to_date"]
