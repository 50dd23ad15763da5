#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sample_dataset
short_description: Make a data set for trying the platform
version_added: 0.1.0
description:
  - Writes a C(.npz) file with the arrays C(x_train), C(y_train), C(x_test), C(y_test), as Keras reads its MNIST.
  - The data are shaped like MNIST (28 by 28 pixels, ten classes) and made on the spot, so nothing is downloaded. They can really be
    learned, and differ between clients while the task is the same.
  - The same options give the same file, byte for byte.
options:
  path:
    description: The file. Its folder must exist.
    type: path
    required: true
  state:
    description: Whether the file shall be there.
    type: str
    choices: [present, absent]
    default: present
  seed:
    description: What makes this client's data its own, for instance its host name.
    type: str
    default: ""
  train:
    description: How many samples to train with.
    type: int
    default: 400
  test:
    description: How many samples to test with.
    type: int
    default: 100
  mode:
    description: Mode of the file. Whatever runs the scripts must be able to read it. Empty where a mount says which modes its files have.
    type: str
    default: "0644"
requirements:
  - Python 3.9
attributes:
  check_mode:
    description: Can run in check mode and says what it would change.
    support: full
  diff_mode:
    description: Shows the checksums before and after.
    support: full
  idempotent:
    description: A data set with the same content is left alone.
    support: full
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Make this client's data
  neursafe.fl.sample_dataset:
    path: /workspace/neursafe_fl/task_manager/datasets/sample.npz
    seed: "{{ inventory_hostname }}"
"""

RETURN = r"""
path:
  description: The file.
  returned: always
  type: str
sha256:
  description: Its checksum.
  returned: when O(state=present)
  type: str
"""

import hashlib
import stat
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._dataset import npz
from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole


def describe(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {"state": "absent"}
    mode = stat.S_IMODE(path.stat().st_mode)
    return {"state": "present", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "mode": f"{mode:04o}"}


def wanted(content: bytes, mode: str, before: dict[str, str]) -> dict[str, str]:
    """The file as it is to be; without a mode it keeps the one that it has."""
    mode = f"{int(mode, 8):04o}" if mode else before.get("mode", "0644")
    return {"state": "present", "sha256": hashlib.sha256(content).hexdigest(), "mode": mode}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "seed": {"type": "str", "default": ""},
            "train": {"type": "int", "default": 400},
            "test": {"type": "int", "default": 100},
            "mode": {"type": "str", "default": "0644"},
        },
        supports_check_mode=True,
    )
    params: dict[str, Any] = module.params
    path = Path(params["path"])
    try:
        int(params["mode"] or "0", 8)
    except ValueError:
        module.fail_json(msg=f"mode: {params['mode']!r} is no octal number")
        return
    if params["train"] < 1 or params["test"] < 1:
        module.fail_json(msg="train, test: at least one sample each")
    if path.is_dir():
        module.fail_json(msg=f"path: {path} is a folder; name a file in it")
    before = describe(path)
    after = {"state": "absent"}
    content = b""
    if params["state"] == "present":
        content = npz(params["train"], params["test"], params["seed"])
        after = wanted(content, params["mode"], before)
    # A mount may impose its own modes: only what differs in content, or can be changed, is a change.
    differs = before != after
    if differs and not module.check_mode:
        if not path.parent.is_dir() and params["state"] == "present":
            module.fail_json(msg=f"path: the folder {path.parent} does not exist; make it first")
        try:
            if params["state"] == "absent":
                path.unlink(missing_ok=True)
            else:
                mode = int(after["mode"], 8)
                # On s3fs a rename is a copy, but nobody reads the file before this is done.
                if before.get("sha256") != after["sha256"]:
                    write_whole(path, content, mode)
                else:
                    path.chmod(mode)
        except OSError as error:
            module.fail_json(msg=f"path: {path}: {error.strerror or error}")
        differs = describe(path) != before
    module.exit_json(
        changed=differs,
        path=str(path),
        diff={"before": before, "after": after},
        **({"sha256": after["sha256"]} if content else {}),
    )


if __name__ == "__main__":
    main()
