# SPDX-License-Identifier: Apache-2.0
"""Promises of docs/security.md: runs, hosts, database and object store. Needs the platform of test_main_job.py."""

from __future__ import annotations

import base64
import re
import secrets as random
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
import yaml
from conftest import Run, converged, run_playbook
from minio import Minio
from minio.error import S3Error
from old_secrets import basic, on_registry_port
from platform_hands import LAB, NETWORK, STATE, hosts, kubectl, object_store, of_registry, on_host, output, psql, secret, trusting
from secret_watch import found_below, found_in, secrets, watched_processes
from urllib3 import PoolManager
from urllib3.exceptions import SSLError

NODE = str(NETWORK[11])
OURS = "/etc/neursafe_fl /usr/local/lib/neursafe_fl /var/lib/neursafe_fl /workspace/neursafe_fl"


def nodes() -> list[str]:
    return [host for host in hosts() if host.startswith("node-")]


# What is printed, kept and seen of runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Four runs, as talkative as can be, with all that they leave: one that writes secrets, one that foresees new ones, one that fails."""
    folder = tmp_path_factory.mktemp("runs")
    foreseen = ("nsfl_db_password", "nsfl_server_proxy_token", "nsfl_api_password")
    new = {name: f"canary{random.token_hex(16)}" for name in (*foreseen, "nsfl_registry_password")}
    for name in new:
        (folder / name).write_text(yaml.safe_dump({name: new[name]}), encoding="utf-8")
        (folder / name).chmod(0o600)
    (folder / "left").mkdir()
    left = {"ANSIBLE_LOG_PATH": "log", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "facts", "JUNIT_OUTPUT_DIR": "junit"}
    env = {name: str(folder / "left" / path) for name, path in left.items()}
    env |= {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CALLBACKS_ENABLED": "neursafe.fl.record,junit"}
    values = {**secrets(), **new}
    # Drift that a run has to write secrets to mend.
    psql("alter role nsfl password $$drifted$$")
    kubectl("delete", "secret", "registry-secret")
    made: dict[str, Run] = {}
    with watched_processes(values) as seen:
        made["mends"] = run_playbook("server", "-vvv", "--diff", env=env)
        given = [word for name in foreseen for word in ("-e", f"@{folder / name}")]
        made["foresees"] = run_playbook("server", "-vvv", "--check", "--diff", *given, env=env)
        made["fails"] = run_playbook("server", "-vvv", "--diff", "-e", f"@{folder / 'nsfl_registry_password'}", env=env)
    yield {"runs": made, "left": folder / "left", "seen": seen, "values": values}


def test_the_runs_were_what_they_were_meant_to_be(runs: dict[str, Any]) -> None:
    made = runs["runs"]
    assert made["mends"].code == 0 and made["mends"].changed, made["mends"].output[-3000:]
    assert made["foresees"].code == 0 and made["foresees"].changed, made["foresees"].output[-3000:]
    assert made["fails"].code != 0 and "nsfl_registry_password" in made["fails"].output, made["fails"].output[-3000:]


def test_security_1_no_secret_is_printed_logged_or_cached(runs: dict[str, Any]) -> None:
    shown = {name: found_in((run.output + run.record).encode(), runs["values"]) for name, run in runs["runs"].items()}
    assert {name: found for name, found in shown.items() if found} == {}
    left = runs["left"]
    # No play gathers facts unasked, so the cache may be empty.
    assert (left / "log").is_file() and (left / "facts").is_dir() and list((left / "junit").iterdir())
    assert found_below([left], runs["values"]) == set()


def test_security_4_no_secret_is_in_a_process_during_the_runs(runs: dict[str, Any]) -> None:
    assert runs["seen"] == {}


def test_the_platform_is_at_rest_again(runs: dict[str, Any]) -> None:
    assert converged("server").changed == {}


# The lab's registry


def test_security_16_the_registry_proves_who_it_is_and_speaks_nothing_else() -> None:
    host = f"localhost:{on_registry_port()}"
    assert of_registry(f"{host}/v2/").status == 401
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        PoolManager().request("GET", f"https://{host}/v2/", retries=False)
    assert PoolManager().request("GET", f"http://{host}/v2/", retries=False).status == 400


def test_security_16_a_node_pulls_from_nobody_else() -> None:
    """Without an account, which a node would be asked for after it has taken the certificate only."""
    name = f"localhost:{on_registry_port()}"
    for node in nodes():
        copied = f"rm -rf /run/hosts; cp -r /etc/containerd/certs.d /run/hosts; sed -i '/ca = /d' /run/hosts/{name}/hosts.toml"
        pull = f"ctr images pull --hosts-dir {{}} {name}/kubectl:v1.34.4 2>&1 || true; rm -rf /run/hosts"
        known = on_host(node, pull.format("/etc/containerd/certs.d"))
        assert "401 Unauthorized" in known and "x509" not in known, node
        refused = on_host(node, f"{copied}; {pull.format('/run/hosts')}")
        assert "x509: certificate signed by unknown authority" in refused and "401" not in refused, node


def test_security_16_the_api_server_asks_who_comes_over_https() -> None:
    def answer(**headers: str) -> int:
        return trusting().request("GET", f"https://{NODE}:30084/api/v1/namespaces/default/jobs", headers=headers, retries=False).status

    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        PoolManager().request("GET", f"https://{NODE}:30084/", retries=False)
    wrong = [answer(), answer(Authorization=basic("")), answer(Authorization=basic(secret("s3_secret_key")))]
    assert (wrong, answer(Authorization=basic(secret("api_password")))) == ([401, 401, 401], 200)


# Files of the hosts


def files_with_secrets(host: str, user: str, *folders: str) -> list[str]:
    """The files below the folders that have a secret in them, as far as the user may read them."""
    needles = "\n".join(form for value in secrets().values() for form in (value, base64.b64encode(value.encode()).decode().rstrip("=")))
    script = f'find {" ".join(folders)} -xdev -type f -size -2M -readable -print0 2>/dev/null | xargs -0r grep -lsF -e "$needles" || true'
    words = [
        "docker",
        "exec",
        "-i",
        f"{LAB}-{host}",
        "setpriv",
        f"--reuid={user}",
        "--clear-groups",
        "sh",
        "-c",
        f"needles=$(cat); {script}",
    ]
    done = subprocess.run(words, input=needles, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_security_5_files_with_secrets_are_private() -> None:
    for host in hosts():
        private = files_with_secrets(host, "0", "/etc", "/usr/local", "/workspace", "/root")
        modes = {path: on_host(host, f"stat -c '%a %U' {path}").split() for path in private}
        assert [path for path, (mode, _owner) in modes.items() if mode not in ("600", "400")] == [], host
        assert {owner for _mode, owner in modes.values()} <= {"root", "nsfl-minio"}
        # And to nobody else anything is readable, wherever it lies.
        assert files_with_secrets(host, "65534", "/") == [], host
    assert files_with_secrets("node-1", "0", "/etc/neursafe_fl")
    assert {path.stat().st_mode & 0o777 for path in STATE.glob("*secrets*")} == {0o600}


def test_security_24_another_user_of_a_node_reads_nothing_of_the_tree() -> None:
    for host in nodes():
        for path in ("models", "nsfl-system/selector", "default"):
            look = f"setpriv --reuid=65534 --regid=65534 --clear-groups ls /mnt/neursafe_fl/{path} 2>&1 && echo read || true"
            assert "Permission denied" in on_host(host, look), (host, path)
            # Not by the folder above it alone, which a site may have made itself.
            assert int(on_host(host, f"stat -c %a /mnt/neursafe_fl/{path}"), 8) & 0o007 == 0, (host, path)
    # The one component that is not root does.
    inside = kubectl(
        "exec", "deployment/nsfl-client-selector", "--", "sh", "-c", "id -u; cat /nsfl/config/*.json; touch /x 2>&1; touch /tmp/x"
    )
    assert inside.startswith("65534\n{") and "Read-only file system" in inside


def test_security_27_nothing_of_ours_can_be_written_by_others() -> None:
    for host in hosts():
        loose = on_host(host, f"find {OURS} -xdev ! -type l -perm /022 -user root 2>/dev/null || true").split()
        assert [path for path in loose if "/mnt/" not in path] == [], host
        assert (
            on_host(host, "find /tmp /var/tmp ! -name 'systemd-private-*' \\( -iname '*nsfl*' -o -iname '*neursafe*' \\)").split() == []
        ), host
    assert [path for path in STATE.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022] == []


@pytest.mark.parametrize("host", nodes())
def test_services_of_the_hosts_are_confined(host: str) -> None:
    units = on_host(host, "systemctl list-unit-files --no-legend 'nsfl-*.service' | cut -d' ' -f1").split()
    units = [name.replace("@.", "@models.") for name in units if not name.startswith("nsfl-lab")]
    assert {"nsfl-s3fs@models.service", "nsfl-s3fs-check.service"} <= set(units)
    for unit in units:
        verdict = on_host(host, f"systemd-analyze security --no-pager {unit} | tail -1")
        assert float(re.search(r"exposure level for \S+: ([\d.]+)", verdict).group(1)) <= 4.0, verdict  # type: ignore[union-attr]


# Database and object store


@pytest.mark.parametrize(
    "statement",
    [
        *("create table mine (id int)", "drop table jobs", "alter table jobs add column x int", "truncate jobs", "create schema mine"),
        *(
            "create database mine",
            "create role mine",
            "alter role nsfl superuser",
            "select * from pg_authid",
            "grant select on jobs to public",
        ),
    ],
)
def test_security_13_the_database_refuses_its_user_all_but_rows(statement: str) -> None:
    connection = psycopg2.connect(host=NODE, dbname="neursafe_fl", user="nsfl", password=secret("database_password"), connect_timeout=20)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from jobs")
            if statement.startswith("grant"):
                # PostgreSQL only warns of a grant that grants nothing.
                cursor.execute(statement)
                assert any("no privileges were granted" in notice for notice in connection.notices)
                return
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    finally:
        connection.close()


def test_security_13_passwords_are_kept_as_scram_and_the_schema_is_nobodys() -> None:
    assert psql("select left(rolpassword, 14) from pg_authid where rolname = $$nsfl$$").strip() == "SCRAM-SHA-256$"
    assert psql("select has_schema_privilege($$public$$, $$public$$, $$create$$)").strip() == "f"


def test_security_15_the_object_store_refuses_what_is_not_the_platforms() -> None:
    administrator, bucket = object_store(), "security-foreign"
    user = Minio(f"{NODE}:9000", "nsfl", secret("s3_secret_key"), http_client=trusting())
    administrator.make_bucket(bucket)
    try:
        for action in (
            lambda: list(user.list_objects(bucket)),
            lambda: user.make_bucket("security-new"),
            lambda: user.remove_bucket(bucket),
        ):
            with pytest.raises(S3Error, match="AccessDenied"):
                action()
        assert user.bucket_exists("models")
    finally:
        administrator.remove_bucket(bucket)


def test_security_15_the_administrators_key_is_on_the_stores_hosts_only() -> None:
    root = secret("s3_root_password")
    for host in (host for host in hosts() if host != "node-1"):
        look = f"grep -rlsF {root} /etc /usr/local /root /var/lib/neursafe_fl /workspace || true"
        assert output("docker", "exec", f"{LAB}-{host}", "sh", "-c", look).split() == [], host
