# SPDX-License-Identifier: Apache-2.0
"""Who gets through to whom on the lab's network: pods with the labels of each party, which try every end that a platform has."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_hands import BIN, NETWORK, STATE, kubectl

MANAGED = "app.kubernetes.io/managed-by"
ASK = (Path(__file__).parent / "programs" / "ask.py").read_text(encoding="utf-8")
LISTEN = (Path(__file__).parent / "programs" / "listen.py").read_text(encoding="utf-8")
# No policy selects them, so they reach all that is open to anyone. The neighbour is in another namespace, with labels of ours.
FREE = frozenset({"coordinator", "executor", "neighbour"})
NEIGHBOURS = "reach"
# Where nobody of ours listens but the parties' pods here: no flow has this port.
OTHER = 9999

Pairs = set[tuple[str, str]]


@dataclass(frozen=True)
class Platform:
    """What is different from one platform in the lab to the other: where it is, and the table of docs/security.md for it."""

    namespace: str = "default"
    components: dict[str, int] = field(default_factory=dict)
    # Ends beside these: other ports of components.
    further: dict[str, tuple[str, int]] = field(default_factory=dict)
    database: int = 5432
    reached_by: dict[str, set[str]] = field(default_factory=dict)

    @property
    def parties(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Namespace and labels of each: the components, whom they make, and a stranger who calls itself what we call ours."""
        ours = {name: (self.namespace, {"app": f"nsfl-{name}", MANAGED: "neursafe.fl"}) for name in self.components}
        made = {"coordinator": (self.namespace, {"app": "default-reach"}), "executor": (self.namespace, {})}
        return {**ours, **made, "neighbour": (NEIGHBOURS, ours["job-scheduler"][1])}

    @property
    def allowed(self) -> Pairs:
        # A pod reaches itself.
        other = {(name, f"{name}, another port") for name in self.components}
        return {(source, end) for end, sources in self.reached_by.items() for source in sources} | other

    @property
    def everything(self) -> Pairs:
        return {(source, end) for source in self.parties for end in self._ends()}

    def bring(self) -> None:
        """The parties' pods, in namespaces that can fetch their image."""
        image = json.loads((STATE / "images.json").read_text(encoding="utf-8"))["nsfl-base"]["reference"]
        account = json.loads(kubectl("get", "secret", "registry-secret", "-n", self.namespace, "-o", "json"))
        copy = {**account, "metadata": {"name": "registry-secret", "namespace": NEIGHBOURS}}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NEIGHBOURS}}
        pods = [_pod(name, *where, image) for name, where in self.parties.items()]
        apply({"apiVersion": "v1", "kind": "List", "items": [namespace, copy, *pods]})
        for name, (space, _labels) in self.parties.items():
            kubectl("wait", "-n", space, f"pod/reach-{name}", "--for=jsonpath={.status.phase}=Running", "--timeout=60s")

    def start_anew(self) -> None:
        """All components at once: enforcement begins with new connections, and leaves those that are there already."""
        names = [f"nsfl-{name}" for name in self.components]
        kubectl("delete", "pods", "-n", self.namespace, "--selector", f"app in ({','.join(names)}),pod-template-hash")
        for name in names:
            kubectl("rollout", "status", "-n", self.namespace, f"deployment/{name}", "--timeout=120s")

    def take_away(self) -> None:
        ours = [f"reach-{name}" for name, (space, _labels) in self.parties.items() if space == self.namespace]
        kubectl("delete", "pod", "-n", self.namespace, "--ignore-not-found", *ours)
        kubectl("delete", "namespace", NEIGHBOURS, "--ignore-not-found")

    def _ends(self) -> dict[str, tuple[str, str, int]]:
        """Every end by its name, as it can be reached at this moment."""
        listed = kubectl("get", "pods", "-n", self.namespace, "--field-selector", "status.phase=Running", "-o", "json")
        pods = [pod for pod in json.loads(listed)["items"] if "deletionTimestamp" not in pod["metadata"]]
        address = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in pods}
        own = {name: next(address[pod] for pod in sorted(address) if pod.startswith(f"nsfl-{name}-")) for name in self.components}
        node = str(NETWORK[11])
        return {
            **{name: ("tcp", own[name], port) for name, port in self.components.items()},
            **{end: ("tcp", own[name], port) for end, (name, port) in self.further.items()},
            **{f"{name}, another port": ("tcp", address[f"reach-{name}"], OTHER) for name in self.components},
            "coordinator": ("tcp", address["reach-coordinator"], 50051),
            "coordinator, another port": ("tcp", address["reach-coordinator"], OTHER),
            "executor": ("tcp", address["reach-executor"], 8050),
            "executor, another port": ("tcp", address["reach-executor"], OTHER),
            "database": ("tcp", node, self.database),
            "object store": ("tcp", node, 9000),
            "registry": ("tcp", node, 5000),
            "Kubernetes": ("tcp", "10.96.0.1", 443),
            "DNS by TCP": ("tcp", "10.96.0.10", 53),
            "DNS by UDP": ("udp", "10.96.0.10", 53),
        }

    def through(self) -> Pairs:
        """Who reaches which end."""
        found: Pairs = set()
        question = json.dumps(self._ends())
        for name, (space, _labels) in self.parties.items():
            answer = _kubectl(question, "exec", "-i", "-n", space, f"reach-{name}", "--", "python3", "-c", ASK)
            found |= {(name, end) for end, reached in json.loads(answer).items() if reached}
        return found


def apply(document: dict[str, Any], *arguments: str) -> None:
    _kubectl(json.dumps(document), "apply", *arguments, "-f", "-")


def _kubectl(said: str, *arguments: str) -> str:
    command = [str(BIN / "kubectl"), "--kubeconfig", str(STATE / "kubeconfig"), *arguments]
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _pod(name: str, namespace: str, labels: dict[str, str], image: str) -> dict[str, Any]:
    container = {
        "name": "reach",
        "image": image,
        "command": ["python3", "-c", LISTEN, "50051", "8050", str(OTHER)],
        # Never ready, so no Service leads to a pod that only has a component's labels.
        "readinessProbe": {"exec": {"command": ["false"]}},
    }
    spec = {"containers": [container], "imagePullSecrets": [{"name": "registry-secret"}], "terminationGracePeriodSeconds": 0}
    metadata = {"name": f"reach-{name}", "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
