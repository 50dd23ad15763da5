# SPDX-License-Identifier: Apache-2.0
"""What is done to the platform to put a fault on it, and to take it away again."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from platform_hands import LAB, NETWORK, kubectl, on_host, output, policies, psql

HERE = Path(__file__).parent
PROXY = 9900
WIDE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}]}'


def nothing() -> None:
    return


def at_once(*steps: Callable[[], None]) -> Callable[[], None]:
    """Several of them, one after another."""

    def both() -> None:
        for step in steps:
            step()

    return both


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


def policy_denies(name: str, where: str) -> Callable[[], None]:
    """The API server's own admission refuses an object, as a webhook of the site would."""
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "nsfl-fault"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]}]
            },
            "matchConditions": [{"name": "it", "expression": f"object != null && object.metadata.name == '{name}' && {where}"}],
            "validations": [{"expression": "false", "message": "the site's policy says no"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "nsfl-fault"},
        "spec": {"policyName": "nsfl-fault", "validationActions": ["Deny"]},
    }

    def inject() -> None:
        kubectl("apply", "-f", _written(policy), "-f", _written(binding))
        # Until the API server has taken it up.
        time.sleep(5)

    return inject


def policy_gone() -> None:
    kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy"
    kubectl("delete", kinds, "nsfl-fault")
    time.sleep(3)


def busy_store() -> None:
    """Everything that comes to the store from elsewhere goes through a proxy that refuses each tenth request with 503."""
    output("docker", "cp", f"{HERE}/busy_proxy.py", f"{LAB}-node-1:/root/busy_proxy.py")
    on_host("node-1", f"systemd-run --unit fault-proxy python3 /root/busy_proxy.py {PROXY} {NETWORK[11]} 9000 10; sleep 1")
    on_host("node-1", f"iptables -t nat -I PREROUTING -p tcp --dport 9000 -j REDIRECT --to-ports {PROXY}")
    policies().policy_add("nsfl", policy=json.loads(WIDE))


def store_at_ease() -> None:
    on_host("node-1", f"iptables -t nat -D PREROUTING -p tcp --dport 9000 -j REDIRECT --to-ports {PROXY}")
    # It counts what it has refused; a fault that was not there proves nothing.
    refused = on_host("node-1", "journalctl -u fault-proxy -o cat | grep -c 503 || true; systemctl stop fault-proxy")
    on_host("node-1", "rm /root/busy_proxy.py")
    assert int(refused.split()[0]) > 0, "the proxy has refused nothing"


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
