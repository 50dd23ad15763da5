#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_tree_probe
short_description: Prove that what one host writes, another one reads
version_added: 0.1.0
description:
  - Writes a small file with a word in it into each of some folders, or waits until it can be read there, or removes it.
  - Called three times (write on one host, read on all, remove) it proves that the folders are one tree, and leaves nothing behind,
    which is why it never reports a change.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Does nothing in check mode.
  diff_mode:
    description: Nothing to show.
    support: none
  idempotent:
    description: Leaves no trace once O(action=remove) was called.
options:
  paths:
    description: The folders.
    type: list
    elements: path
    required: true
  word:
    description: The word, lower-case letters and digits. It is part of the file's name too.
    type: str
    required: true
  action:
    description: What to do with the file.
    type: str
    choices: [write, read, remove]
    required: true
  timeout:
    description: Seconds within which each folder has to show the file.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Write on one host
  neursafe.fl.shared_tree_probe: {paths: [/mnt/neursafe_fl/default], word: abc123, action: write}
  run_once: true

- name: Read on every host
  neursafe.fl.shared_tree_probe: {paths: [/mnt/neursafe_fl/default], word: abc123, action: read}

- name: Take it away again
  neursafe.fl.shared_tree_probe: {paths: [/mnt/neursafe_fl/default], word: abc123, action: remove}
  run_once: true
"""

RETURN = r"""
seconds:
  description: How long each folder took.
  returned: always
  type: dict
  sample: {"/mnt/neursafe_fl/default": 0.02}
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._tree_probe import act


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "path", "required": True},
            "word": {"type": "str", "required": True},
            "action": {"type": "str", "choices": ["write", "read", "remove"], "required": True},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    if not re.match(r"^[a-z0-9]{1,64}\Z", params["word"]):
        module.fail_json(msg="word: use 1 to 64 lower-case letters and digits")
    if module.check_mode:
        module.exit_json(changed=False, seconds={})
    seconds, problems = act(params["action"], [os.path.normpath(path) for path in params["paths"]], params["word"], params["timeout"])
    if problems:
        module.fail_json(msg="\n".join(problems), seconds=seconds)
    module.exit_json(changed=False, seconds=seconds)


if __name__ == "__main__":
    main()
