# SPDX-License-Identifier: Apache-2.0
"""Writes manifests for a guide's server_config.json as upstream's generator does, one file for each component.

python bench/peers/generate.py server_config.json FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "unit" / "playbooks"))

import upstream_generator

if __name__ == "__main__":
    config, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, objects in upstream_generator.server(config).items():
        (folder / name).write_text(yaml.safe_dump_all(objects), encoding="utf-8")
