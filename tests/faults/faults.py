# SPDX-License-Identifier: Apache-2.0
"""The faults that are put on the converged platform, one entry each: what is done, what has to be read, how it is taken away again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fault_hands import (
    at_once,
    bury_namespace,
    busy_store,
    dying_namespace,
    foreign_service,
    host,
    lose_node,
    node_back,
    nothing,
    patched,
    policy_denies,
    policy_gone,
    reject,
    statement,
    store_at_ease,
)
from platform_hands import NETWORK, kubectl


@dataclass(frozen=True)
class Fault:
    """A run during the fault fails within `bound` seconds and says `says`; after `heal` the next run converges."""

    name: str
    says: str
    inject: Callable[[], None] = nothing
    heal: Callable[[], None] = nothing
    settings: dict[str, object] = field(default_factory=dict)
    bound: float = 60
    # Refused before any change, or else stopped in the midst of the work.
    before_any_change: bool = True
    # The run gets through, and mends what the fault has left.
    survived: bool = False


PSQL = "runuser -u postgres -- psql -qX neursafe_fl"
ELSEWHERE = f"{NETWORK[12]}"
EXTERNAL_STORE = {"nsfl_object_store_provider": "external"}
FULL = "/usr/local/lib/neursafe_fl"
END_SESSION = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $$SELECT pg_sleep(600)$$"
LOCKING = "-c 'BEGIN' -c 'LOCK TABLE jobs IN ROW EXCLUSIVE MODE' -c 'SELECT pg_sleep(600)'"

FAULTS = {
    "F05": Fault("a node is unreachable", r"node-2.*(unreachable|not running)", lose_node, node_back, bound=90),
    "F06": Fault(
        "the object store's port is closed",
        r"10\.2\d\d\.0\.11:9000.*(refused|reset|does not answer|no answer)",
        reject(9000, "I"),
        reject(9000, "D"),
    ),
    "F07": Fault(
        "the object store hangs",
        r"10\.2\d\d\.0\.11:9000",
        host("node-1", "systemctl kill -s STOP nsfl-minio"),
        host("node-1", "systemctl kill -s CONT nsfl-minio"),
    ),
    "F08": Fault("the object store refuses each tenth request", "", busy_store, store_at_ease, survived=True),
    "F10": Fault(
        "a mount hangs, and nobody looks after it",
        "",
        host("node-2", "systemctl stop nsfl-s3fs-check.timer; systemctl kill -s STOP nsfl-s3fs@default"),
        survived=True,
        bound=120,
    ),
    "F14": Fault(
        "no space is left on a node",
        r"(?i)no space",
        host("node-2", f"mkdir -p {FULL}; mount -t tmpfs -o size=4k fault {FULL}; dd if=/dev/zero of={FULL}/full bs=4k count=1 2>&1"),
        host("node-2", f"umount {FULL}"),
        before_any_change=False,
        bound=120,
    ),
    "F16": Fault(
        "the database's port is closed",
        r"10\.2\d\d\.0\.12:5432.*cannot be reached|cannot be reached.*10\.2\d\d\.0\.12",
        settings={"nsfl_database_provider": "external", "nsfl_db_address": f"{ELSEWHERE}:5432"},
    ),
    "F18": Fault(
        "a table has other columns",
        r"models.*(column|data)",
        statement("ALTER TABLE models RENAME COLUMN data TO by_hand"),
        statement("ALTER TABLE models RENAME COLUMN by_hand TO data"),
    ),
    "F20": Fault(
        "another session holds a lock",
        r"create index.*another session holds a lock for longer than (nsfl_database_)?lock_timeout",
        host("node-1", f"{PSQL} -c 'DROP INDEX jobs_data_gin'; systemd-run --unit fault-session {PSQL} {LOCKING}; sleep 1"),
        # A server at work does not notice that its client is gone.
        host("node-1", f"{PSQL} -c '{END_SESSION}'; systemctl stop fault-session 2>&1 || true"),
        before_any_change=False,
    ),
    "F21": Fault(
        "the registry is down",
        r"registry|:500\d",
        host("node-1", "systemctl stop docker-registry"),
        host("node-1", "systemctl start docker-registry"),
        settings={"nsfl_images_build_args": {"NSFL_FAULT": "another"}},
    ),
    "F26": Fault(
        "the API server is down",
        r"kubeconfig.*no answer from https",
        host("node-1", "systemctl stop kube-apiserver"),
        host("node-1", "systemctl start kube-apiserver"),
    ),
    "F27": Fault(
        "a NodePort is somebody else's",
        r"30199.*belongs to .*of-others.*choose another port",
        foreign_service,
        lambda: print(kubectl("delete", "service", "of-others")),
        settings={"nsfl_proxy_grpc_port": 30199},
    ),
    "F28-dry": Fault(
        "an admission policy denies an object",
        r"Deployment default/nsfl-model-manager.*the site's policy says no",
        policy_denies("nsfl-model-manager", "true"),
        policy_gone,
        settings={"nsfl_log_level": "warning"},
    ),
    "F28": Fault(
        "an object is denied in the midst of the work",
        r"the site's policy says no.*applied: .*not applied: Deployment default/nsfl-model-manager",
        policy_denies("nsfl-model-manager", "(!has(request.dryRun) || !request.dryRun)"),
        policy_gone,
        settings={"nsfl_log_level": "warning"},
        before_any_change=False,
        bound=120,
    ),
    "F30": Fault(
        "the namespace is being deleted",
        r"namespace fl-dying: is being deleted",
        dying_namespace,
        bury_namespace,
        settings={"nsfl_namespace": "fl-dying"},
    ),
    "F31-crash": Fault(
        "a pod crashes again and again",
        r"nsfl-job-scheduler.*(CrashLoopBackOff|exit|code 7)",
        settings=patched({"command": ["/bin/sh", "-c", "echo the reason of the fault; exit 7"]}),
        before_any_change=False,
        bound=180,
    ),
    "F31-image": Fault(
        "an image cannot be pulled",
        r"nsfl-job-scheduler.*(ImagePull|cannot get the image)",
        settings=patched({"image": "localhost:5000/nothing-of-this-name:1"}),
        before_any_change=False,
        bound=180,
    ),
    "F38": Fault(
        "one node has no FUSE, another no Python, and /tmp runs no programs",
        r"(?=.*node-1[^\n]*/dev/fuse is missing)(?=.*node-2[^\n]*(P|p)ython)",
        at_once(
            host("node-1", "rm /dev/fuse; mount -o remount,noexec /tmp"),
            host("node-2", "mv /usr/bin/python3 /usr/bin/python3.away"),
        ),
        at_once(
            host("node-1", "mknod -m 666 /dev/fuse c 10 229; mount -o remount,exec /tmp"),
            host("node-2", "mv /usr/bin/python3.away /usr/bin/python3"),
        ),
    ),
    "F38-sudo": Fault(
        "the hosts are reached as a user who may not become root",
        r"(?=.*node-1[^\n]*sudo)(?=.*node-2[^\n]*sudo)",
        settings={"ansible_user": "nobody"},
    ),
    "F46": Fault(
        "a firewall drops the object store's port",
        r"10\.2\d\d\.0\.11:9000.*look for a firewall that drops the port",
        host("node-1", "iptables -I INPUT -p tcp --dport 9000 -j DROP"),
        host("node-1", "iptables -D INPUT -p tcp --dport 9000 -j DROP"),
    ),
    "F36": Fault(
        "a name cannot be resolved",
        r"nowhere\.invalid.*(resolve|not known|resolution)",
        settings={**EXTERNAL_STORE, "nsfl_s3_endpoint": "http://nowhere.invalid:9000"},
    ),
}
