# SPDX-License-Identifier: Apache-2.0
"""Sorts the manifests of a second platform beside the lab's: files that the guide applies one by one stay, others move to more/.

Its pods are scaled to none: a rerun costs the same, and the machine is spared.
"""

from __future__ import annotations

import os
from pathlib import Path

RENDERED = Path(os.environ["BENCH_WORK"]) / "rendered"
GUIDES = {
    *("job-scheduler.yaml", "model-manager.yaml", "client-selector.yaml", "proxy.yaml"),
    *("api-server.yaml", "ingress-job-scheduler.yaml", "ingress-model-manager.yaml"),
}
more = RENDERED / "more"
more.mkdir(exist_ok=True)
for path in RENDERED.glob("*.yaml"):
    path.write_text(path.read_text().replace("replicas: 1", "replicas: 0"))
    if path.name not in GUIDES:
        path.rename(more / path.name)
