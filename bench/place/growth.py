# SPDX-License-Identifier: Apache-2.0
"""Settings with 10 and with 200 FL namespaces and data sets, each a file in BENCH_WORK."""

from __future__ import annotations

import json
import os
from pathlib import Path

for count in (10, 200):
    names = [f"study-{number + 1}" for number in range(count)]
    settings = {
        "namespaces": {"nsfl_fl_namespaces": names},
        "datasets": {"nsfl_client_datasets": {name: f"/srv/fl/{name}.npz" for name in names}},
    }
    for what, values in settings.items():
        (Path(os.environ["BENCH_WORK"]) / f"{what}-{count}.json").write_text(json.dumps(values), encoding="utf-8")
