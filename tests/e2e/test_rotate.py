# SPDX-License-Identifier: Apache-2.0
"""Secrets made anew on a platform at work: the old ones are refused afterwards, whatever came in between, and nothing of any is shown.

Needs the converged platform of test_main_job.py, and leaves it so, with other secrets.
"""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import LOGS, ROOT, converged, printed, run_playbook
from old_secrets import TAKEN, authority, everything_now, found_on_hosts, known_by, secrets, spellings, standing, trusted_still, watch
from platform_hands import STATE, kubectl, object_store, psql, restart

ROTATION = STATE / "secrets.yml.rotation"
DEAD, ALIVE = dict.fromkeys(TAKEN, False), dict.fromkeys(TAKEN, True)
# The components start anew at once, each of them once; this is their start, on a machine that is busy.
OUTAGE = 60


def wish(*names: str) -> tuple[str, str]:
    return "-e", json.dumps({"nsfl_rotate": names})


def data() -> tuple[list[str], str]:
    """Objects and rows."""
    store = object_store()
    objects = [f"{b.name}/{item.object_name}" for b in store.list_buckets() for item in store.list_objects(b.name, recursive=True)]
    return objects, psql("SELECT count(*), coalesce(max(id), 0) FROM jobs") + psql("SELECT count(*) FROM models")


@pytest.fixture(scope="module", autouse=True)
def platform() -> Iterator[None]:
    converged("server")
    converged("client")
    yield
    # For ten minutes it knows a client that has started anew under its former name, too.
    restart("nsfl-client-selector")


def test_all_are_renewed_the_old_ones_refused_and_nothing_of_any_is_shown() -> None:
    before, kept, known = secrets(), data(), authority()
    assert set(known_by(known).values()) == {True} and trusted_still(known) != []
    with watch(everything_now) as seen:
        run = converged("rotate", "-vvv", "--diff")
    after = secrets()
    assert [name for name in TAKEN if before[name] == after[name]] == []
    assert (standing(before), standing(after)) == (DEAD, ALIVE)
    told = re.search(r"Renewed, the old ones refused: ([a-z0-9_, ]*)", run.output)
    assert told and set(told[1].split(", ")) >= {*TAKEN, "certificate_authority"}, run.output[-3000:]
    assert (set(known_by(known).values()), set(known_by(authority()).values())) == ({False}, {True})
    assert trusted_still(known) == []
    assert not ROTATION.exists() and data() == kept
    # Nothing of it is seen: not in the output, not in the record, not in a process list, nor where others can read it on a host.
    words = spellings([*before.values(), *after.values()])
    assert [word[:4] for word in words if word in run.output or word in run.record] == []
    assert seen.samples > 50 and seen.leaks == set()
    assert found_on_hosts(words) == []
    figures = {"outages_of_health": [round(seconds, 1) for seconds in seen.outages], "longest": seen.longest}
    (LOGS / "rotate_outage.json").write_text(json.dumps(figures), encoding="utf-8")
    assert seen.longest < OUTAGE, figures
    assert converged("server").changed == {}
    assert converged("client").changed == {}


def killed_when(begun: str, *arguments: str) -> None:
    """A run that is killed, with all that it has started, as soon as it prints this."""
    command = [f"{ROOT}/.venv/bin/ansible-playbook", "playbooks/rotate.yml", "-i", "inventories/lab", *arguments]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "NSFL_PROGRESS_STYLE": "plain", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if begun in line:
                break
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("begun", "then"),
    [
        # The file of secrets has the new ones, and nobody else: any run of server.yml goes on from there.
        pytest.param("TASK [Note that something is left to do]", ("server", "rotate"), marks=[pytest.mark.long]),
        # The object store has the new key, the database and the cluster have the old password.
        ("PLAY [Database]", ("rotate",)),
    ],
)
def test_killed_in_the_midst_it_is_finished_by_the_next_run(begun: str, then: tuple[str, ...]) -> None:
    names = ("s3_secret_key", "database_password")
    before = secrets()
    killed_when(begun, *wish(*names))
    assert stat.S_IMODE(ROTATION.stat().st_mode) == 0o600 and set(yaml.safe_load(ROTATION.read_text(encoding="utf-8"))) == set(names)
    after = secrets()
    assert [name for name in TAKEN if before[name] != after[name]] == list(names)
    for playbook in then:
        # The wish is for one; what was begun is finished with it.
        converged(playbook, *(wish("database_password") if playbook == "rotate" else ()))
        assert (standing(before, names), standing(after, names)) == (dict.fromkeys(names, False), dict.fromkeys(names, True))
    assert secrets() == after and not ROTATION.exists()
    assert converged("server").changed == {}


@pytest.mark.long
def test_killed_between_two_authorities_any_run_goes_on() -> None:
    """Registry and object store show certificates of the new one, and nobody else knows it yet."""
    known = authority()
    killed_when("PLAY [Shared storage on the nodes]", *wish("certificate_authority"))
    assert known_by(authority()) == {"registry": True, "object store": True, "database": False, "API server": False}
    converged("server")
    assert (set(known_by(known).values()), set(known_by(authority()).values())) == ({False}, {True})
    converged("rotate", *wish("database_password"))
    assert not ROTATION.exists() and trusted_still(known) == []
    assert converged("server").changed == {}
    assert converged("client").changed == {}


@pytest.mark.long
def test_f41_what_the_inventory_changes_one_run_changes_everywhere(tmp_path: Path) -> None:
    names = {
        "s3_root_password": "nsfl_object_store_root_password",
        "s3_secret_key": "nsfl_s3_secret_key",
        "database_password": "nsfl_db_password",
        "proxy_token": "nsfl_server_proxy_token",
    }
    before = secrets()
    given = {name: f"given-by-the-inventory-{position}" for position, name in enumerate(names)}
    path = tmp_path / "given.yml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({setting: given[name] for name, setting in names.items()}), encoding="utf-8")
    converged("server", "-e", f"@{path}")
    assert (standing(before, names), standing(given, names)) == (dict.fromkeys(names, False), dict.fromkeys(names, True))
    # What is not ours to renew is told, and not renewed.
    refused = run_playbook("rotate", "-e", f"@{path}", *wish("database_password"))
    assert (
        refused.code != 0 and "nsfl_db_password is given by the inventory; change it there and run playbooks/server.yml" in refused.output
    )
    converged("server")
    assert (standing(given, names), standing(before, names)) == (dict.fromkeys(names, False), dict.fromkeys(names, True))
    assert converged("server").changed == {}


def test_an_encrypted_file_of_secrets_is_refused_with_the_way_out(tmp_path: Path) -> None:
    vaulted, password = tmp_path / "secrets.yml", tmp_path / "password"
    vaulted.write_bytes((STATE / "secrets.yml").read_bytes())
    password.write_text("for-the-test\n", encoding="utf-8")
    program = f"{ROOT}/.venv/bin/ansible-vault"
    subprocess.run([program, "encrypt", "--vault-password-file", str(password), str(vaulted)], check=True, capture_output=True)
    before = vaulted.read_bytes()
    run = run_playbook("rotate", "-e", f"nsfl_secrets_file={vaulted}", "--vault-password-file", str(password))
    assert run.code != 0 and run.changed == {}
    assert f"nsfl_secrets_file: {vaulted} is encrypted" in run.output and "ansible-vault decrypt" in run.output
    assert vaulted.read_bytes() == before and not Path(f"{vaulted}.rotation").exists()


def test_with_the_last_secrets_a_job_finishes() -> None:
    ready_again()
    converged("verify")
    assert printed().is_file()


def ready_again(seconds: float = 90) -> None:
    """Clients report to a selector that was started anew within half a minute."""
    kubectl("rollout", "status", "deployment/nsfl-task-manager", f"--timeout={int(seconds)}s")
    time.sleep(1)
