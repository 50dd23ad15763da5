# SPDX-License-Identifier: Apache-2.0
"""Sorts the manifests in a folder below BENCH_WORK: files that the guide applies one by one stay, others move to more/.

python bench/place/manifests.py FOLDER
python bench/place/manifests.py FOLDER without-pods   # a rerun costs the same, and the machine is spared
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

RENDERED = Path(os.environ["BENCH_WORK"]) / sys.argv[1]
GUIDES = {
    *("job-scheduler.yaml", "model-manager.yaml", "client-selector.yaml", "proxy.yaml"),
    *("api-server.yaml", "ingress-job-scheduler.yaml", "ingress-model-manager.yaml"),
}
more = RENDERED / "more"
more.mkdir(exist_ok=True)
for path in RENDERED.glob("*.yaml"):
    if "without-pods" in sys.argv:
        path.write_text(path.read_text().replace("replicas: 1", "replicas: 0"))
    if path.name not in GUIDES:
        path.rename(more / path.name)
