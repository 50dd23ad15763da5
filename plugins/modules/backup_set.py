#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_set
short_description: The folder of a backup, with manifest and checksums
version_added: 0.1.0
description:
  - Begins a backup in a hidden folder, and gives it its name once it is complete, so that one that was cut short never looks like one.
  - Verifies a backup, that every file is there, as it was written, and no other.
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Makes no folder; a backup is verified all the same.
  diff_mode:
    description: Nothing to show.
    support: none
  idempotent:
    description: Verifying changes nothing; every backup is a new one.
    support: partial
author:
  - The neursafe.fl maintainers (@neursafe)
notes:
  - Runs on the controller. Folders get mode 0700, files 0600.
options:
  path:
    description: The folder that the complete backup is to be, or is.
    type: path
    required: true
  state:
    description:
      - V(begun) makes the hidden folder and removes those that runs which were cut short have left beside it.
      - V(complete) writes the manifest and gives the folder its name, V(verified) checks a complete backup.
      - V(discarded) takes what was begun away.
    type: str
    choices: [begun, complete, verified, discarded]
    required: true
  facts:
    description: What the manifest says beside the format and the checksums.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Check a backup
  neursafe.fl.backup_set:
    path: /var/backups/nsfl/20260301T120000Z
    state: verified
"""

RETURN = r"""
folder:
  description: The folder to write into, or the complete backup.
  returned: always
  type: str
manifest:
  description: What it says, with O(facts).
  returned: O(state=complete), O(state=verified)
  type: dict
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils import _backup_set as sets


def run(module: AnsibleModule) -> dict[str, Any]:
    path, state = Path(module.params["path"]), module.params["state"]
    if state == "verified":
        return {"changed": False, "folder": str(path), "manifest": sets.verified(path)}
    if module.check_mode:
        return {"changed": state == "complete", "folder": str(sets.part(path)), "manifest": {"files": {}, **module.params["facts"]}}
    if state == "begun":
        return {"changed": True, "folder": str(sets.begin(path))}
    if state == "discarded":
        return {"changed": sets.discard(path.parent), "folder": str(path)}
    return {"changed": True, "folder": str(path), "manifest": sets.complete(path, module.params["facts"])}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["begun", "complete", "verified", "discarded"], "required": True},
            "facts": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    try:
        result = run(module)
    except sets.BackupError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{module.params['path']}: {error.strerror or error}; make room, or name another folder, and run again")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
