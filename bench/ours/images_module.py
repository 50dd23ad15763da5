# SPDX-License-Identifier: Apache-2.0
"""What the module neursafe.fl.images does, with the settings of images.yml, without Ansible around it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parents[2]
_AnsibleCollectionFinder(paths=[str(ROOT / "build" / "collections")])._install()

from ansible_collections.neursafe.fl.plugins.module_utils._image_service import ImageService
from ansible_collections.neursafe.fl.plugins.modules.images import OPTIONS

work = os.environ["BENCH_WORK"]
defaults = yaml.safe_load((ROOT / "roles/nsfl_images/defaults/main.yml").read_text(encoding="utf-8"))
params: dict[str, Any] = {name: option.get("default") for name, option in OPTIONS.items()} | {
    "source": f"{work}/ours",
    "catalogue": defaults["nsfl_images_catalogue"],
    "registry": f"{os.environ['BENCH_REGISTRY']}/ours",
    "base_map": {"debian:bookworm": "nsfl-lab/debian:bookworm"},
    "network": "host",
    "buildx_path": str(Path.home() / ".cache/neursafe-fl/bin/buildx"),
    "cache_dir": f"{work}/cache",
    "manifest_file": f"{work}/images.json",
    "labels": {name: f"nsfl_images_{name}" for name in OPTIONS},
}
print(ImageService(params, check_mode=False).run()["actions"])
