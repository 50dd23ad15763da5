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
attributes:
  check_mode:
    description: Does nothing in check mode.
    support: full
  diff_mode:
    description: Nothing to show.
    support: none
  idempotent:
    description: Leaves no trace once O(action=remove) was called.
    support: full
  platform:
    description: Hosts it works on.
    platforms: posix
    support: full
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
import subprocess
import sys
import time

from ansible.module_utils.basic import AnsibleModule

# In a process of its own, because a read of a mount that hangs never returns.
_ACT = """
import os, sys, time
action, path, word = sys.argv[1:]
place = os.path.join(path, ".nsfl-verify-" + word)
if action == "write":
    with open(place, "w") as stream:
        stream.write(word)
        os.fsync(stream.fileno())
elif action == "remove":
    try:
        os.unlink(place)
    except FileNotFoundError:
        pass
else:
    while True:
        try:
            with open(place) as stream:
                if stream.read() == word:
                    break
        except FileNotFoundError:
            pass
        time.sleep(0.2)
"""


def act(action: str, paths: list[str], word: str, timeout: int) -> tuple[dict[str, float], list[str]]:
    """All folders side by side: how long each took, and what is wrong with those that did not make it."""
    began = time.monotonic()
    children = {
        path: subprocess.Popen([sys.executable, "-I", "-c", _ACT, action, path, word], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for path in paths
    }
    seconds, problems = {}, []
    for path, child in children.items():
        try:
            _out, errors = child.communicate(timeout=max(0.1, began + timeout - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            what = "what another host wrote is not seen" if action == "read" else "the mount does not answer"
            problems.append(f"{path}: {what} within {timeout} s; look at its mount on this host (`findmnt {path}`) and on the writing one")
            continue
        if child.returncode != 0:
            last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
            problems.append(f"{path}: cannot {action}: {''.join(last)}")
        seconds[path] = round(time.monotonic() - began, 3)
    return seconds, problems


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
