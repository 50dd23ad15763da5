# SPDX-License-Identifier: Apache-2.0
"""A namespace with so many components of three objects each, as one List in BENCH_WORK, and the same with 10. They run no pods.

python bench/place/components.py 34
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

NAMESPACE = "nsfl-bench-objects"


def component(number: int) -> list[dict[str, Any]]:
    name = f"component-{number + 1}"
    meta = {"name": name, "namespace": NAMESPACE, "labels": {"app": name}}
    container = {"name": name, "image": "example.org/none:1", "env": [{"name": f"SETTING_{n}", "value": str(n)} for n in range(15)]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"settings": "a line\n" * 20}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": {"app": name}, "ports": [{"name": "api", "port": 80}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template},
        },
    ]


namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
for count in {10, int(sys.argv[1])}:
    items = [namespace, *(item for number in range(count) for item in component(number))]
    path = Path(os.environ["BENCH_WORK"]) / f"components-{count}.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
