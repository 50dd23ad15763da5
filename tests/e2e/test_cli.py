# SPDX-License-Identifier: Apache-2.0
"""The guide's deployment verification, word for word: `nsfl-ctl create job -w … default`, `nsfl-ctl get job -w … default`.

Needs the converged platform of test_main_job.py.
"""

from __future__ import annotations

import time
from pathlib import Path

from conftest import converged
from platform_hands import on_host
from typed_job import put_folder, rounds_of_finished_job
from undisturbed import undisturbed

HOST = "client-1"


def test_nobody_else_can_read_the_configuration_of_the_command() -> None:
    converged("cli")
    assert on_host(HOST, "stat --format='%a %U' /etc/nsfl.json") == "600 root\n"
    assert "default" in on_host(HOST, "nsfl-ctl get namespace")


def test_the_command_again_changes_nothing() -> None:
    assert converged("cli").changed == {}


def test_each_playbook_of_a_layer_by_itself_changes_nothing_either() -> None:
    """server.yml leaves them out where its preflight has seen that nothing is left to do; here each one looks for itself."""
    layers = ("shared_storage", "database", "images", "components", "health", "release")
    with undisturbed():
        assert converged("object_store", *(f"playbooks/{name}.yml" for name in layers)).changed == {}


def test_a_job_of_nsfl_ctl_finishes(tmp_path: Path) -> None:
    job = f"cli-{int(time.time()):x}"
    put_folder(HOST, job, 2, tmp_path)
    # What the coordinator wrote through the mount, read from the bucket.
    assert [result["clients"] for result in rounds_of_finished_job(HOST, job)] == [2, 2]
