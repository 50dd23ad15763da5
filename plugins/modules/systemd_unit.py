#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: systemd_unit
short_description: A unit that runs with the files it has now, and answers
version_added: 0.1.0
description:
  - Enables and starts a systemd unit, and waits until its health address answers. On a time-out it tells the unit's state
    and its last log lines.
  - Restarts the unit when one of O(files) was written after its process started. Unlike a handler this also makes up for a
    restart that an interrupted run did not get to.
  - Reads unit files anew only when systemd says that it has to.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Reports what it would change, also when the unit's file is not there yet.
  diff_mode:
    description: Shows state and enablement before and after.
options:
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
    description: Files that its process reads at its start (the unit itself, settings, keys, the program).
    type: list
    elements: path
    default: []
  restart:
    description: Restart it in any case. Give the result of the task that writes O(files), so that check mode can tell.
    type: bool
    default: false
  health_url:
    description: An address that answers with a status below 400 once the service is ready. Empty to take the unit's own word.
    type: str
    default: ""
  ca_path:
    description: File with the CA certificates for a V(https) O(health_url).
    type: path
  timeout:
    description: Seconds for start and health together.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Run the object store
  neursafe.fl.systemd_unit:
    name: nsfl-minio.service
    files: [/etc/systemd/system/nsfl-minio.service, /etc/neursafe_fl/minio.env]
    health_url: http://10.0.0.5:9000/minio/health/live
"""

RETURN = r"""
changes:
  description: What was done, or would be in check mode, in words.
  returned: always
  type: list
  elements: str
  sample: ["restart (written since its start: /etc/neursafe_fl/minio.env)"]
"""

import ssl
import time
import urllib.error
import urllib.request
from contextlib import nullcontext
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils import _systemd as systemd
from ansible_collections.neursafe.fl.plugins.module_utils._host_lock import host_lock

WORDS = {"started": "active", "stopped": "inactive"}


def answer(url: str, ca_path: str | None) -> str:
    """Empty when `url` answers well, else what is wrong."""
    context = ssl.create_default_context(cafile=ca_path) if url.startswith("https") else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=5):
            return ""
    except urllib.error.HTTPError as error:
        return f"it answers {error.code} {error.reason}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def wait(params: dict[str, Any]) -> None:
    """Until unit and health address are well, or the reason why they are not."""
    deadline, pause = time.monotonic() + params["timeout"], 0.1
    while True:
        unit = systemd.show([params["name"]])[params["name"]]
        trouble = "" if unit.running else f"the unit is {unit.active}"
        if not trouble and params["health_url"]:
            trouble = answer(params["health_url"], params["ca_path"])
        if not trouble:
            return
        if time.monotonic() > deadline or unit.active == "failed":
            where = f"{params['health_url']}: " if params["health_url"] else ""
            raise systemd.UnitError(f"{where}not ready within {params['timeout']} s ({trouble}).\n  {systemd.explain(unit)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    name = params["name"]
    unit = systemd.show([name])[name]
    if not module.check_mode and (unit.stale or not unit.found):
        systemd.call("systemctl", "daemon-reload")
        unit = systemd.show([name])[name] if not unit.found else unit
    if not unit.found and not module.check_mode:
        if params["state"] == "stopped":
            return {"changed": False, "changes": []}
        raise systemd.UnitError(
            f"{name}: systemd knows no such unit; its file is missing or has a mistake (`systemd-analyze verify {name}`)"
        )
    steps = systemd.steps(unit, params["state"], params["enabled"], params["files"], params["restart"])
    if not module.check_mode:
        for verb, _reason in steps:
            done = systemd.call("systemctl", verb, "--no-block", name) if verb in ("restart",) else systemd.call("systemctl", verb, name)
            if done.returncode != 0:
                raise systemd.UnitError(f"`systemctl {verb} {name}` failed: {done.stderr.strip()}\n  {systemd.explain(unit)}")
        if params["state"] == "started":
            wait(params)
    result = {"changed": bool(steps), "changes": [f"{verb} ({reason})" for verb, reason in steps]}
    if module._diff and steps:
        result["diff"] = {
            "before": f"{name}: {unit.active}, {unit.enabled or 'not there'}\n",
            "after": f"{name}: {WORDS[params['state']]}, {'enabled' if params['enabled'] else 'disabled'}\n",
        }
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **systemd.WANTED,
            "restart": {"type": "bool", "default": False},
            "health_url": {"type": "str", "default": ""},
            "ca_path": {"type": "path"},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    try:
        with nullcontext() if module.check_mode else host_lock():
            result = run(module)
        module.exit_json(**result)
    except systemd.UnitError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
