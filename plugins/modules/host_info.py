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
  - A mount that hangs is asked by a child process with a time limit, so that this module does not hang with it.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Works the same in check mode.
  diff_mode:
    description: Nothing to show.
    support: none
  idempotent:
    description: It only reads.
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
epoch:
  description: The host's time in seconds since 1970.
  returned: always
  type: float
python:
  description: Version of the Python that runs modules there.
  returned: always
  type: str
  sample: 3.11.2
systemd:
  description: Whether systemd is the host's init.
  returned: always
  type: bool
"""

import os
import platform
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils import _host_state as host


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "default": []},
            "paths": {"type": "list", "elements": "path", "default": []},
            "commands": {"type": "list", "elements": "str", "default": []},
            "versions": {"type": "list", "elements": "str", "default": []},
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
        epoch=time.time(),
        python=platform.python_version(),
        systemd=os.path.isdir("/run/systemd/system"),
    )


if __name__ == "__main__":
    main()
