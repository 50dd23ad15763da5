# SPDX-License-Identifier: Apache-2.0
"""Backup, everything taken away, and a restore onto bare hosts; the last thing on the platform, which it brings back.

Compares the hosts with what test_lab.py noted of them before the first install.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run, converged, run_playbook
from host_state import BARE, differences, host_state
from old_secrets import authority, basic
from platform_hands import NETWORK, STATE, object_store, on_host, psql, secret

API = f"https://{NETWORK[11]}:30084/api/v1/namespaces/default"
MODEL = "models/default/leave/V0"


@pytest.fixture(scope="module")
def backups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """What the tests tell each other: jobs, models and checksums of before."""
    return {}


def api(path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": basic(secret("api_password"))}
    context = ssl.create_default_context(cadata=authority())
    try:
        answer = urllib.request.urlopen(urllib.request.Request(f"{API}/{path}", data, headers), timeout=20, context=context)
        return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def checksums(bucket: str, prefix: str = "") -> dict[str, str]:
    """sha256 of each file of a bucket."""
    store = object_store()
    names = [one.object_name for one in store.list_objects(bucket, prefix, recursive=True)]
    return {name: hashlib.sha256(store.get_object(bucket, name).read()).hexdigest() for name in names if not name.endswith("/")}


def killed_at(phase: str, playbook: str, *arguments: str) -> None:
    """Run a playbook until a phase begins, and kill it there with all of its processes."""
    words = [str(ROOT / ".venv/bin/ansible-playbook"), f"playbooks/{playbook}.yml", "-i", "inventories/lab", *arguments]
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"}
    run = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert run.stdout
    seen = any(f"PLAY [{phase}]" in line for line in run.stdout)
    time.sleep(2)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert seen, f"{playbook} never came to {phase}"


def uninstall(tmp: Path, *arguments: str) -> Run:
    return converged("uninstall", *away(tmp), *arguments)


def away(tmp: Path) -> tuple[str, ...]:
    """The cache of builds is that of all labs of this machine."""
    return ("-e", f"nsfl_images_cache_dir={tmp / 'builds'}")


def complete(backups: Path) -> list[Path]:
    return sorted(path for path in backups.iterdir() if not path.name.startswith("."))


def test_there_is_a_finished_job_and_a_model_of_it(kept: dict[str, Any]) -> None:
    converged("verify", "-e", "nsfl_verify_keep=true", "-e", "nsfl_verify_id_prefix=leave", "-e", "nsfl_verify_rounds=1")
    job = next(job for job in api("jobs")["jobs"] if job["id"].startswith("leave-"))
    path = f"default:fl-{job['id']}/model/verify.h5"
    assert api("models", {"name": "leave", "runtime": "tensorflow", "model_path": path}).get("state") != "FAILED"
    for _turn in range(60):
        models = api("models")["models"]
        if models[-1].get("state") == "ready" and (files := checksums("models")):
            break
        time.sleep(1)
    kept["authority"] = (STATE / ".nsfl-ca" / "ca.crt").read_text(encoding="utf-8")
    kept.update(jobs=api("jobs"), models=models, files=files, outputs=checksums("default", f"fl-{job['id']}/"))
    assert kept["files"] and kept["outputs"]


def test_no_backup_is_made_while_a_job_is_at_work(backups: Path) -> None:
    psql("""insert into jobs (data) values ($${"id": "busy", "namespace": "default", "status": {"state": "RUNNING"}}$$)""")
    try:
        run = run_playbook("backup", "-e", f"nsfl_backup_dir={backups}")
    finally:
        psql("""delete from jobs where data @> $${"id": "busy"}$$""")
    assert run.code != 0
    assert "jobs are at work (default/busy RUNNING)" in run.output
    assert list(backups.iterdir()) == []


def test_a_backup_that_was_cut_short_is_none_and_the_next_one_is(backups: Path) -> None:
    (backups / ".20260101T000000Z.part").mkdir()
    converged("backup", "-e", f"nsfl_backup_dir={backups}")
    (made,) = backups.iterdir()
    assert (made / "manifest.json").is_file()
    assert {path.stat().st_mode & 0o077 for path in [made, *made.rglob("*")]} == {0}


def test_a_backup_that_was_changed_is_refused_before_anything(backups: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(complete(backups)[0], changed)
    with (changed / "rows.jsonl").open("a") as rows:
        rows.write("\n")
    run = run_playbook("restore", "-e", f"nsfl_backup_set={changed}")
    assert run.code != 0
    assert "rows.jsonl has another content; nothing was changed" in run.output
    assert run.changed == {}


def test_a_platform_with_other_data_is_left_as_it_is(backups: Path) -> None:
    psql("""insert into jobs (data) values ($${"id": "other", "namespace": "default", "status": {"state": "FINISHED"}}$$)""")
    try:
        run = run_playbook("restore", "-e", f"nsfl_backup_set={complete(backups)[0]}")
    finally:
        psql("""delete from jobs where data @> $${"id": "other"}$$""")
    assert run.code != 0
    assert "neursafe_fl has 1 rows that are not those of the backup" in run.output
    assert run.changed == {}


def test_uninstall_that_was_killed_is_finished_by_the_next_and_keeps_the_data(tmp_path: Path) -> None:
    killed_at("Shared storage", "uninstall", *away(tmp_path))
    assert uninstall(tmp_path).changed
    assert "leave" in on_host("node-1", "ls /var/lib/neursafe_fl/minio/models/default")
    assert "PG_VERSION" in on_host("node-1", "ls /var/lib/postgresql/*/main")
    assert on_host("client-1", "ls /workspace/neursafe_fl/task_manager/datasets")
    assert uninstall(tmp_path).changed == {}


def test_with_the_data_gone_the_hosts_are_as_before(tmp_path: Path) -> None:
    uninstall(tmp_path, "-e", "nsfl_delete_data=true")
    assert not (STATE / "secrets.yml").exists() and not (STATE / ".nsfl-ca").exists()
    after = host_state()
    BARE.with_name("host-state-after.json").write_text(json.dumps(after), encoding="utf-8")
    assert differences(json.loads(BARE.read_text(encoding="utf-8")), after) == []


def test_a_restore_onto_bare_hosts_that_was_killed_is_finished_by_the_next(backups: Path) -> None:
    # The lab's registry takes the account of the secrets that come back.
    (backup,) = complete(backups)
    killed_at("Rows of the backup", "restore", "-e", f"nsfl_backup_set={backup}")
    converged("restore", "-e", f"nsfl_backup_set={backup}")


def test_restoring_again_changes_nothing(backups: Path) -> None:
    assert converged("restore", "-e", f"nsfl_backup_set={complete(backups)[0]}").changed == {}


def test_old_jobs_and_models_are_there_with_their_files(kept: dict[str, Any]) -> None:
    assert api("jobs") == kept["jobs"]
    assert api("models")["models"] == kept["models"]
    assert checksums("models") == kept["files"]
    assert {name: value for name, value in checksums("default").items() if name in kept["outputs"]} == kept["outputs"]


def test_who_knew_the_platform_by_its_authority_still_does(kept: dict[str, Any]) -> None:
    context = ssl.create_default_context(cadata=kept["authority"])
    account = {"Authorization": basic(secret("api_password"))}
    request = urllib.request.Request(f"https://{NETWORK[11]}:30084/api/v1/health", headers=account)
    with urllib.request.urlopen(request, context=context, timeout=20) as answer:
        assert answer.status == 200


def test_a_new_job_finishes() -> None:
    converged("client")
    run = converged("verify")
    assert re.search(r"job verify-\S+ FINISHED: 3 rounds", run.output), run.output[-3000:]
