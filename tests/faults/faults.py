# SPDX-License-Identifier: Apache-2.0
"""The faults that are put on the converged platform, one entry each: what is done, what has to be read, how it is taken away again."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from platform_hands import LAB, NETWORK, kubectl, on_host, output, psql


def nothing() -> None:
    return


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


def host(name: str, script: str) -> Callable[[], None]:
    """What is done by a shell script on a host of the lab."""
    return lambda: print(on_host(name, script))


def statement(text: str) -> Callable[[], None]:
    return lambda: print(psql(text))


def reject(port: int, verb: str) -> Callable[[], None]:
    """A closed port: whoever asks is refused at once."""
    return host("node-1", f"iptables -{verb} INPUT -p tcp --dport {port} -j REJECT --reject-with tcp-reset")


def foreign_service() -> None:
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30199}]}
    item = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "of-others", "namespace": "default"}, "spec": spec}
    kubectl("apply", "-f", _written(item))


def dying_namespace() -> None:
    """One that waits for the finalizer of an object in it, as of a controller that is gone."""
    kubectl("create", "namespace", "fl-dying")
    metadata = {"name": "kept", "namespace": "fl-dying", "finalizers": ["example.org/nobody"]}
    kubectl("apply", "-f", _written({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}))
    kubectl("delete", "namespace", "fl-dying", "--wait=false")


def bury_namespace() -> None:
    kubectl("patch", "configmap", "kept", "-n", "fl-dying", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    kubectl("wait", "--for=delete", "namespace/fl-dying", "--timeout=60s")


def _written(item: dict[str, object]) -> str:
    path = f"/tmp/nsfl-fault-{item['kind']}.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(item, file)
    return path


def lose_node() -> None:
    output("docker", "stop", "--time", "2", f"{LAB}-node-2")


def node_back(seconds: float = 90) -> None:
    output("docker", "start", f"{LAB}-node-2")
    end = time.monotonic() + seconds
    while subprocess.run(["docker", "exec", f"{LAB}-node-2", "mountpoint", "-q", "/mnt/neursafe_fl/default"], check=False).returncode:
        assert time.monotonic() < end, "no mount on the node after its start"
        time.sleep(0.5)


def patched(container: dict[str, object]) -> dict[str, object]:
    """Settings that spoil the job scheduler's container."""
    spec = {"containers": [{"name": "nsfl-job-scheduler", **container}]}
    return {
        "nsfl_server_patches": {"job_scheduler": {"Deployment": {"spec": {"template": {"spec": spec}}}}},
        "nsfl_server_timeout": 40,
    }


ELSEWHERE = f"{NETWORK[12]}"
EXTERNAL_STORE = {"nsfl_object_store_provider": "external"}
FULL = "/usr/local/lib/neursafe_fl"

FAULTS = {
    "F05": Fault("a node is unreachable", r"node-2.*(unreachable|not running)", lose_node, node_back, bound=90),
    "F06": Fault(
        "the object store's port is closed",
        r"10\.25\d\.0\.11:9000.*(refused|reset|does not answer|no answer)",
        reject(9000, "I"),
        reject(9000, "D"),
    ),
    "F07": Fault(
        "the object store hangs",
        r"10\.25\d\.0\.11:9000",
        host("node-1", "systemctl kill -s STOP nsfl-minio"),
        host("node-1", "systemctl kill -s CONT nsfl-minio"),
        bound=90,
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
        r"10\.25\d\.0\.12:5432.*cannot be reached|cannot be reached.*10\.25\d\.0\.12",
        settings={"nsfl_database_provider": "external", "nsfl_db_address": f"{ELSEWHERE}:5432"},
    ),
    "F18": Fault(
        "a table has other columns",
        r"models.*(column|data)",
        statement("ALTER TABLE models RENAME COLUMN data TO by_hand"),
        statement("ALTER TABLE models RENAME COLUMN by_hand TO data"),
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
    "F36": Fault(
        "a name cannot be resolved",
        r"nowhere\.invalid.*(resolve|not known|resolution)",
        settings={**EXTERNAL_STORE, "nsfl_s3_endpoint": "http://nowhere.invalid:9000"},
    ),
}
