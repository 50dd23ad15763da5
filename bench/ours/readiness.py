# SPDX-License-Identifier: Apache-2.0
"""Restarts all components of the lab's platform at once and waits for them by our module, with a watch of Kubernetes' own beside it.

Further figures: `late`, seconds from the moment at which the last Deployment was as wanted until the module said so, and `sum`, how
long the wait was compared with that of the slowest component.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench" / "place"), str(ROOT / "build" / "collections")]

from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube
from site_settings import site

INSTANCE = "neursafe-fl-server-default"
PATH = "/apis/apps/v1/namespaces/default/deployments"
ROLLOUT = ["ansible", "localhost", "-m", "neursafe.fl.rollout", "-a"]
OFTEN = 0.05


def done(item: dict[str, dict[str, int]]) -> bool:
    """Whether a Deployment has all its pods, new ones only, as `kubectl rollout status` judges."""
    status, wanted = item["status"], item["spec"]["replicas"]
    seen = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return seen and counts == [wanted] * 3


def watch(kubeconfig: str, ready: dict[str, float], ended: threading.Event) -> None:
    """Note when each Deployment is first seen as wanted."""
    kube = Kube(kubeconfig)
    while not ended.is_set():
        for item in kube.get(PATH, labelSelector=f"app.kubernetes.io/instance={INSTANCE}")["items"]:
            name = item["metadata"]["name"]
            if not done(item):
                ready.pop(name, None)
            else:
                ready.setdefault(name, time.monotonic())
        time.sleep(OFTEN)


def main() -> None:
    here = site()
    kubectl = [str(Path.home() / ".cache/neursafe-fl/bin/kubectl"), "--kubeconfig", here["KUBECONFIG"]]
    subprocess.run([*kubectl, "rollout", "restart", "deployment", "--selector", f"app.kubernetes.io/instance={INSTANCE}"], check=True)
    started = time.monotonic()
    ready: dict[str, float] = {}
    ended = threading.Event()
    watcher = threading.Thread(target=watch, args=(here["KUBECONFIG"], ready, ended))
    watcher.start()
    try:
        subprocess.run([*ROLLOUT, json.dumps({"kubeconfig": here["KUBECONFIG"], "instance": INSTANCE})], check=True)
        said = time.monotonic()
        time.sleep(2 * OFTEN)
    finally:
        ended.set()
        watcher.join()
    slowest = max(ready.values())
    figures = {"late": said - slowest, "sum": (said - started) / (slowest - started), "components": len(ready)}
    print(figures)
    Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
