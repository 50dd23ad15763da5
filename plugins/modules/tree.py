#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: tree
short_description: A whole tree of folders and files in one call
version_added: 0.1.0
description:
  - Brings any number of folders and files below one root to a wanted state, in one module call instead of one per path.
  - Files are written beside their target, synced and renamed over it, so that a reader sees the old or the new content.
    (On an s3fs mount a rename is a copy and a delete and hence not atomic; it works all the same.)
  - Nothing is written outside O(root). A symlink that leads out of it is refused, and no symlink is followed while writing.
  - Only what is asked for is compared. Leave O(entries[].mode) and O(entries[].owner) out on mounts that force them.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Can run in check mode and report what it would change, also on a host where nothing exists yet.
  diff_mode:
    description: Shows what differs. The content of entries marked O(entries[].sensitive) is not shown.
  idempotent:
    description: Reports and writes only what really differs.
options:
  root:
    description:
      - Absolute folder that all entries lie below. Made when missing, unless all entries are to be absent.
      - It may itself be a symlink; what lies below it may not lead out of the folder it stands for.
    type: path
    required: true
  entries:
    description: What is to be there, in the order in which it is made.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: A path relative to O(root), or an absolute one below it. V(.) is the root itself.
        type: str
        required: true
      state:
        description:
          - V(directory) makes a folder, V(file) a file.
          - V(absent) removes a file, a symlink (never what it points at) or an empty folder.
        type: str
        choices: [directory, file, absent]
        default: directory
      mode:
        description: Four octal digits in quotes, for example V("0750"). Without it, modes are left alone.
        type: str
      owner:
        description: User name or number. Without it, the owner is left alone.
        type: str
      group:
        description: Group name or number. Without it, the group is left alone.
        type: str
      content:
        description:
          - Text that the file holds. With neither this nor O(entries[].content_base64), an existing file keeps its
            content and a missing one is made empty.
        type: str
      content_base64:
        description: Content that is not text, encoded in base64.
        type: str
      sensitive:
        description: Keep the content out of the diff, and make a new file with mode 0600 unless a mode is given.
        type: bool
        default: false
      recursive:
        description: With O(entries[].state=absent), remove a folder with all that is in it. Mounts in it are never crossed.
        type: bool
        default: false
      keep_full:
        description: With O(entries[].state=absent), leave a folder that is not empty as it is instead of failing.
        type: bool
        default: false
  directory_mode:
    description: Mode of parent folders that have to be made and are not entries themselves.
    type: str
    default: "0755"
  require_mounts:
    description:
      - Mount points that must be mounted and answer before anything is written; so nothing lands on the local disk below a
        mount point whose filesystem is missing.
      - In check mode a missing one is a warning, since an earlier task may be about to mount it.
      - So it is when all entries are to be absent and nothing is mounted there. A mount that hangs is an error even then.
    type: list
    elements: path
    default: []
  strict_mounts:
    description: Make a missing one of O(require_mounts) an error in check mode too.
    type: bool
    default: false
  mount_timeout:
    description: Seconds within which each of O(require_mounts) has to answer.
    type: int
    default: 20
notes:
  - Two calls for the same root wait for each other, up to 30 seconds.
"""

EXAMPLES = r"""
- name: Make the folders of the server
  neursafe.fl.tree:
    root: /mnt/neursafe_fl
    require_mounts:
      - /mnt/neursafe_fl/nsfl-system
    entries:
      - path: nsfl-system/selector
      - path: nsfl-system/coordinator_configs
      - path: nsfl-system/proxy/nginx.conf
        state: file
        content: "{{ lookup('template', 'nginx.conf.j2') }}"

- name: Make the folders of a client, and keep its secret to its owner
  neursafe.fl.tree:
    root: /workspace/neursafe_fl
    entries:
      - {path: task_manager/lmdb, mode: "0750", owner: nsfl}
      - {path: task_manager/token, state: file, mode: "0600", content: "{{ token }}", sensitive: true}
      - {path: task_manager/old, state: absent, recursive: true}
  no_log: true
"""

RETURN = r"""
changed_paths:
  description: The absolute paths that were changed, or would be in check mode.
  returned: always
  type: list
  elements: str
  sample: [/mnt/neursafe_fl/nsfl-system/selector]
root:
  description: The root with its symlinks resolved.
  returned: always
  type: str
  sample: /mnt/neursafe_fl
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._mounts import NOTHING_MOUNTED, unmounted
from ansible_collections.neursafe.fl.plugins.module_utils._tree import Tree
from ansible_collections.neursafe.fl.plugins.module_utils._tree_entries import TreeError, parse_entries, parse_mode, parse_root

ENTRY_SPEC = {
    "path": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["directory", "file", "absent"], "default": "directory"},
    "mode": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "content": {"type": "str"},
    "content_base64": {"type": "str"},
    "sensitive": {"type": "bool", "default": False},
    "recursive": {"type": "bool", "default": False},
    "keep_full": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    root = parse_root(params["root"])
    entries = parse_entries(root, params["entries"])
    directory_mode = parse_mode(params["directory_mode"], "directory_mode") or 0o755
    missing = unmounted(params["require_mounts"], params["mount_timeout"])
    if missing:
        text = "\n".join(f"{path}: {trouble}" for path, trouble in missing.items())
        nothing_to_remove = all(entry.state == "absent" for entry in entries) and set(missing.values()) == {NOTHING_MOUNTED}
        if params["strict_mounts"] or not (module.check_mode or nothing_to_remove):
            raise TreeError(
                f"{text}\nNothing was written. Run the nsfl_shared_storage role first, or look at the mount's own unit and log."
            )
        module.warn(f"{text}. What is in the unmounted filesystem stays in it." if nothing_to_remove else text)
    tree = Tree(root, directory_mode, module.check_mode, hidden=list(missing))
    tree.apply(entries)
    result = {"changed": bool(tree.changed_paths), "changed_paths": tree.changed_paths, "root": tree.root}
    if module._diff:
        result["diff"] = tree.diffs
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "entries": {"type": "list", "elements": "dict", "required": True, "options": ENTRY_SPEC},
            "directory_mode": {"type": "str", "default": "0755"},
            "require_mounts": {"type": "list", "elements": "path", "default": []},
            "strict_mounts": {"type": "bool", "default": False},
            "mount_timeout": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except TreeError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
