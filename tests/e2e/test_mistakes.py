# SPDX-License-Identifier: Apache-2.0
"""A platform with one mistake in it does not finish a job, says why, and is mended by the next run.

The mistakes and what is seen of them come from runs of the real components. Needs the converged platform of test_main_job.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conftest import converged, run_playbook
from platform_hands import kubectl, object_store, on_host, psql, remove_env, restart, wait_for_new_pods, wait_until_seen

# Long enough for clients to report to a selector that was started anew (30 s), short enough to lose no time over a lost round.
SHORT = ["-e", "nsfl_verify_round_timeout=12", "-e", "nsfl_verify_wait_timeout=60"]
SETUP = "/workspace/neursafe_fl/task_manager/setup.json"
FOLDER = "/mnt/neursafe_fl/nsfl-system/coordinator_configs"


def wrong_route_token() -> None:
    # The account's own token is one that the proxy does not know.
    change = [{"op": "replace", "path": _env_path("TOKEN") + "/valueFrom/secretKeyRef/name", "value": "nsfl-job-scheduler-token"}]
    kubectl("patch", "deployment", "nsfl-job-scheduler", "--type=json", "-p", json.dumps(change))
    wait_for_new_pods("nsfl-job-scheduler")


def _env_path(name: str) -> str:
    """Where a variable of the job scheduler stands in its Deployment."""
    container = json.loads(kubectl("get", "deployment", "nsfl-job-scheduler", "-o", "json"))["spec"]["template"]["spec"]["containers"][0]
    return f"/spec/template/spec/containers/0/env/{[env['name'] for env in container['env']].index(name)}"


def no_rights() -> None:
    kubectl("delete", "rolebinding", "nsfl-job-scheduler")


def no_table() -> None:
    psql("DROP TABLE jobs")
    restart("nsfl-job-scheduler")


def wrong_database_password() -> None:
    psql("ALTER ROLE nsfl PASSWORD $$something else$$")
    restart("nsfl-job-scheduler")


def no_bucket() -> None:
    store = object_store()
    for item in store.list_objects("default", recursive=True):
        store.remove_object("default", item.object_name)
    store.remove_bucket("default")


def no_coordinator_folder() -> None:
    on_host("node-1", f"rm -r {FOLDER}")


def wrong_s3_key() -> None:
    for node in ("node-1", "node-2"):
        on_host(node, "sed -i 's/:.*/:not-the-key/' /etc/neursafe_fl/passwd-s3fs; systemctl restart --no-block 'nsfl-s3fs@*'; sleep 3")


def no_platform() -> None:
    remove_env("nsfl-task-manager", "PLATFORM")
    forget_clients()


def client_that_names_no_address() -> None:
    on_host("client-1", f"sed -i '/external_address/s/10[^:]*/0.0.0.0/' {SETUP}; systemctl restart nsfl-client")
    forget_clients()


def forget_clients() -> None:
    """The selector keeps the entry of a client that was restarted beside the new one for minutes, and may choose either.

    The job scheduler goes with it: a call that met no selector makes its channel wait longer and longer before it connects anew.
    """
    for component in ("nsfl-client-selector", "nsfl-job-scheduler"):
        restart(component)
        kubectl("rollout", "status", f"deployment/{component}", "--timeout=60s")


def search_list_first() -> None:
    kubectl("patch", "deployment", "nsfl-proxy", "-p", '{"spec": {"template": {"spec": {"dnsPolicy": "ClusterFirst", "dnsConfig": null}}}}')
    wait_for_new_pods("nsfl-proxy")


@dataclass(frozen=True)
class Mistake:
    """What is broken, what the operator must read, and the playbooks that mend it."""

    name: str
    make: Callable[[], None]
    says: str
    mended_by: tuple[str, ...] = ("server",)
    long: bool = False


MISTAKES = [
    Mistake("no TOKEN", lambda: remove_env("nsfl-job-scheduler", "TOKEN"), "Server Internal Error.*TOKEN"),
    Mistake(
        "no MODEL_MANAGER_ADDRESS", lambda: remove_env("nsfl-job-scheduler", "MODEL_MANAGER_ADDRESS"), "MODEL_MANAGER_ADDRESS", long=True
    ),
    Mistake("wrong TOKEN", wrong_route_token, "401.*TOKEN", long=True),
    Mistake("no rights in Kubernetes", no_rights, "403.*RBAC", long=True),
    Mistake("no table", no_table, "jobs.*not exist|CollectionNotExisting", long=True),
    Mistake("wrong database password", wrong_database_password, "password authentication failed|DataBaseError"),
    Mistake("no bucket", no_bucket, "NoSuchBucket|bucket .* (is missing|does not exist)"),
    Mistake("no coordinator folder", no_coordinator_folder, "coordinator_configs", long=True),
    # The longer a mount is away, the longer the kubelet waits between two tries of a client's pod; a run for clients begins anew at once.
    Mistake("wrong S3 key", wrong_s3_key, "the bucket is not mounted there", ("server", "client"), long=True),
    Mistake("resolv.conf with search first", search_list_first, r"resolv\.conf"),
    Mistake("no PLATFORM", no_platform, "PLATFORM=k8s", ("client",), long=True),
    Mistake("external_address 0.0.0.0", client_that_names_no_address, "external_address", ("client",), long=True),
]


CASES = [pytest.param(mistake, marks=[pytest.mark.long] if mistake.long else [], id=mistake.name) for mistake in MISTAKES]


@pytest.mark.parametrize("mistake", CASES)
def test_a_mistake_stops_the_job_is_explained_and_mended(mistake: Mistake) -> None:
    mistake.make()
    verification = run_playbook("verify", *SHORT)
    # What a person has edited in the cluster is only overwritten when this is said.
    mending = [converged(playbook, "-e", "nsfl_server_force_conflicts=true") for playbook in mistake.mended_by]
    assert verification.code != 0, "the job finished all the same"
    assert re.search(mistake.says, verification.output, re.DOTALL), verification.output[-4000:]
    assert mending[0].changed
    # A pod whose mount was taken away heals by its probe; on a machine with much to do, after some of the kubelet's longer waits.
    wait_until_seen("nsfl-task-manager", "/mnt/neursafe_fl/nsfl-client/workspace")


def test_after_all_of_it_a_job_finishes() -> None:
    forget_clients()
    converged("verify")
