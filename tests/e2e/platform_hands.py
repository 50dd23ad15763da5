# SPDX-License-Identifier: Apache-2.0
"""Hands on the lab's platform from outside, to break it as a person or an accident would."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import urllib3
import yaml
from minio import Minio, MinioAdmin
from minio.credentials import StaticProvider

CACHE = Path.home() / ".cache" / "neursafe-fl"
BIN = CACHE / "bin"
LAB = os.environ.get("NSFL_LAB_NAME", "nsfl-lab")
STATE = CACHE / LAB.removeprefix("nsfl-")
NETWORK = ipaddress.IPv4Network(os.environ.get("NSFL_LAB_SUBNET", "10.250.0.0/24"))


def output(*command: str) -> str:
    """Run a command that must succeed; return what it printed."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr or result.stdout}"
    return result.stdout


def kubectl(*arguments: str) -> str:
    return output(str(BIN / "kubectl"), "--kubeconfig", str(STATE / "kubeconfig"), *arguments)


def on_host(host: str, script: str) -> str:
    """Run a shell script on a host of the lab (node-1, node-2, client-1)."""
    return output("docker", "exec", f"{LAB}-{host}", "sh", "-euc", script)


def psql(statements: str, database: str = "neursafe_fl") -> str:
    return on_host("node-1", f"runuser -u postgres -- psql -qtAX -v ON_ERROR_STOP=1 {database} <<'END'\n{statements}\nEND")


def build_program(name: str) -> None:
    """A program that tests use beside the platform, in BIN; from a folder of tests/e2e/programs, unless it is there already."""
    output(str(Path(__file__).parent / "programs" / "build.sh"), name, str(BIN))


def hosts() -> list[str]:
    """The hosts of the lab, nodes and clients."""
    names = output("docker", "ps", "--filter", f"label=neursafe.fl.lab={LAB}", "--format", "{{.Names}}").split()
    return sorted(name.removeprefix(f"{LAB}-") for name in names)


def secret(name: str) -> str:
    return str(yaml.safe_load((STATE / "secrets.yml").read_text(encoding="utf-8"))[name])


def trusting() -> urllib3.PoolManager:
    """Requests to whoever the platform's own authority knows."""
    return urllib3.PoolManager(ca_certs=str(STATE / ".nsfl-ca" / "ca.crt"))


def of_registry(path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    """What the lab's registry answers, which has to prove who it is before it is told anything."""
    known = urllib3.PoolManager(ca_certs=str(STATE / "registry-ca.crt"))
    return known.request("GET", f"https://{path}", headers=headers, retries=False)


def object_store() -> Minio:
    return Minio(f"{NETWORK[11]}:9000", "nsfl-root", secret("s3_root_password"), http_client=trusting())


def policies() -> MinioAdmin:
    """The object store as its administrator sees it."""
    account = StaticProvider("nsfl-root", secret("s3_root_password"))
    return MinioAdmin(endpoint=f"{NETWORK[11]}:9000", credentials=account, http_client=trusting())


def remove_env(deployment: str, name: str) -> None:
    """Take an environment variable from every container of a Deployment, and wait until no pod with it is left."""
    kubectl("set", "env", f"deployment/{deployment}", f"{name}-")
    wait_for_new_pods(deployment)


def restart(deployment: str) -> None:
    kubectl("rollout", "restart", f"deployment/{deployment}")
    wait_for_new_pods(deployment)


def wait_for_new_pods(deployment: str, seconds: float = 60) -> None:
    """Wait until the only pod of a Deployment is of its template as it is now and has run, well or not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        template = json.loads(kubectl("get", "deployment", deployment, "-o", "json"))["spec"]["template"]
        # Revisions would not do: until the controller has made a new one, the newest is that of before.
        newest = {item["metadata"]["name"] for item in items("replicasets", deployment) if unhashed(item["spec"]["template"]) == template}
        pods = items("pods", deployment)
        if len(pods) == 1 and pods[0]["metadata"]["ownerReferences"][0]["name"] in newest:
            states = pods[0]["status"].get("containerStatuses", [])
            if states and all("waiting" not in state["state"] or state["restartCount"] for state in states):
                return
        time.sleep(0.5)
    raise AssertionError(f"{deployment}: no new pod within {seconds} s")


def unhashed(template: dict[str, Any]) -> dict[str, Any]:
    """A ReplicaSet's template as its Deployment has it."""
    labels = {key: value for key, value in template["metadata"]["labels"].items() if key != "pod-template-hash"}
    return {**template, "metadata": {**template["metadata"], "labels": labels}}


def wait_until_seen(deployment: str, path: str, seconds: float = 180) -> None:
    """Wait until a folder can be read in the pod of a Deployment; `tests/faults` measures how long that takes, this only waits."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            kubectl("exec", f"deployment/{deployment}", "--", "ls", path)
            return
        except AssertionError:
            time.sleep(1)
    raise AssertionError(f"{deployment} does not see {path} after {seconds} s")


def items(kind: str, component: str) -> list[dict[str, Any]]:
    """Objects of a component, by the label that all its objects carry."""
    found = json.loads(kubectl("get", kind, "-l", f"app={component}", "-o", "json"))["items"]
    return list(found)


_ASK_INSIDE = """
import json, sys, urllib.error, urllib.request
url, method, headers = json.load(sys.stdin)
try:
    print(urllib.request.urlopen(urllib.request.Request(url, b"" if method == "POST" else None, headers, method=method), timeout=20).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def status_inside(service: str, path: str, method: str = "GET", **headers: str) -> int:
    """What a Service without a NodePort answers a node; the headers go in by a pipe."""
    address = kubectl("get", "service", service, "-o", "jsonpath={.spec.clusterIP}")
    question = json.dumps([f"http://{address}:{path}", method, headers])
    command = ["docker", "exec", "-i", f"{LAB}-node-1", "python3", "-c", _ASK_INSIDE]
    return int(subprocess.run(command, input=question, capture_output=True, text=True, check=True).stdout)
