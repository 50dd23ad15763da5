#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Ports, paths, programs and clock of a host, for checks before any change
version_added: 0.1.0
description:
  - Tells who listens on which port, what lies on a path and on which filesystem, which programs are there, and what time
    it is, in one call. Changes nothing.
  - Tells in the same call what of O(accounts), O(programs), O(trees), O(units) and O(mounts) the host does not have as given,
    so that a role can leave out the tasks that would find nothing to do.
  - A mount that hangs is asked by a child process with a time limit, so that this module does not hang with it.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes.reading, neursafe.fl.attributes]
options:
  ports:
    description: TCP ports to look at.
    type: list
    elements: int
    default: []
  paths:
    description: Absolute paths to look at.
    type: list
    elements: path
    default: []
  commands:
    description: Programs to look for.
    type: list
    elements: str
    default: []
  versions:
    description: Programs to ask for their version with C(--version).
    type: list
    elements: str
    default: []
  accounts:
    description: Users that are to exist.
    type: list
    elements: str
    default: []
  programs:
    description: Files that are to be executable, owned by root with mode 0755, and of a given content.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where the program is to be.
        type: path
        required: true
      sha256:
        description: The checksum of its content, 64 hexadecimal digits. Empty where it is not known, which counts as different.
        type: str
        default: ""
  trees:
    description: Folders and files that are to be there, as for M(neursafe.fl.tree).
    type: list
    elements: dict
    default: []
    suboptions:
      root:
        description: As the module's option of this name.
        type: path
        required: true
      entries:
        description: As the module's option of this name.
        type: list
        elements: dict
        required: true
  units:
    description: Units of systemd and the state that each is to be in, as for M(neursafe.fl.systemd_unit).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the unit, with its suffix.
        type: str
        required: true
      state:
        description: Whether it runs.
        type: str
        choices: [started, stopped]
        default: started
      enabled:
        description: Whether it is started at boot.
        type: bool
        default: true
      files:
        description: Files that its process reads at its start.
        type: list
        elements: path
        default: []
      same_command:
        description: Whether its process has to run with the very words that its unit has now. Only for a unit without variables in them.
        type: bool
        default: false
  mounts:
    description: What is to be mounted where.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The mount point.
        type: path
        required: true
      source:
        description: The source that the kernel names for it.
        type: str
        required: true
  timeout:
    description: Seconds within which a network or FUSE mount has to answer.
    type: int
    default: 15
notes:
  - To name the process behind a port of another user, it has to run as root.
"""

EXAMPLES = r"""
- name: Look at what a store needs
  neursafe.fl.host_info:
    ports: [9000]
    paths: [/var/lib/neursafe_fl]
    commands: [s3fs, systemctl]
  register: host
"""

RETURN = r"""
ports:
  description: Those of O(ports) that are listened on, with C(pid), C(command) and C(unit) of the listener.
  returned: always
  type: dict
  sample: {"9000": {"pid": 812, "command": "minio", "unit": "nsfl-minio.service"}}
paths:
  description:
    - For each of O(paths) C(exists), C(kind), C(entries) (the first ten), C(mount_point), C(fstype), C(source), C(remote), C(shared),
      C(free_mb), C(read_only), and C(trouble), which is empty when all is well.
  returned: always
  type: dict
commands:
  description: Path of each of O(commands), empty where it is missing.
  returned: always
  type: dict
  sample: {"s3fs": "/usr/bin/s3fs"}
versions:
  description: Version of each of O(versions), empty where it is missing.
  returned: always
  type: dict
  sample: {"s3fs": "1.90"}
differences:
  description: What of O(accounts), O(programs), O(trees), O(units) and O(mounts) is not as given; no content is in it.
  returned: always
  type: list
  elements: str
  sample: ["account nsfl-minio", "/etc/neursafe_fl/minio.env", "nsfl-minio.service: restart (it is inactive)"]
epoch:
  description: The host's time in seconds since 1970.
  returned: always
  type: float
python:
  description: Version of the Python that runs modules there.
  returned: always
  type: str
  sample: 3.11.2
selinux:
  description: C(enforcing), whether SELinux enforces its policy there, and C(off), those of its booleans about containers that are off.
  returned: always
  type: dict
  sample: {"enforcing": true, "off": ["virt_sandbox_use_fusefs"]}
systemd:
  description: Whether systemd is the host's init.
  returned: always
  type: bool
"""

import os
import platform
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils import _host_state as host
from ansible_collections.neursafe.fl.plugins.module_utils import _host_wanted as wanted
from ansible_collections.neursafe.fl.plugins.module_utils._systemd import WANTED

TREES = {"root": {"type": "path", "required": True}, "entries": {"type": "list", "elements": "dict", "required": True}}
PROGRAMS = {"path": {"type": "path", "required": True}, "sha256": {"type": "str", "default": ""}}
MOUNTS = {"path": {"type": "path", "required": True}, "source": {"type": "str", "required": True}}
UNITS = {**WANTED, "same_command": {"type": "bool", "default": False}}


def differences(params: dict[str, Any]) -> list[str]:
    return [
        *wanted.accounts(params["accounts"]),
        *wanted.programs(params["programs"]),
        *wanted.trees(params["trees"], params["timeout"]),
        *wanted.units(params["units"]),
        *wanted.mounted(params["mounts"]),
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "default": []},
            "paths": {"type": "list", "elements": "path", "default": []},
            "commands": {"type": "list", "elements": "str", "default": []},
            "versions": {"type": "list", "elements": "str", "default": []},
            "accounts": {"type": "list", "elements": "str", "default": []},
            "programs": {"type": "list", "elements": "dict", "default": [], "options": PROGRAMS},
            "trees": {"type": "list", "elements": "dict", "default": [], "options": TREES},
            "units": {"type": "list", "elements": "dict", "default": [], "options": UNITS},
            "mounts": {"type": "list", "elements": "dict", "default": [], "options": MOUNTS},
            "timeout": {"type": "int", "default": 15},
        },
        supports_check_mode=True,
    )
    module.exit_json(
        changed=False,
        ports=host.ports(module.params["ports"]),
        paths=host.paths(module.params["paths"], module.params["timeout"]),
        commands=host.commands(module.params["commands"]),
        versions=host.versions(module.params["versions"]),
        differences=differences(module.params),
        epoch=time.time(),
        selinux=host.selinux(),
        python=platform.python_version(),
        systemd=os.path.isdir("/run/systemd/system"),
    )


if __name__ == "__main__":
    main()
