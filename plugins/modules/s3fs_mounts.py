#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: s3fs_mounts
short_description: All s3fs mounts of a host, enabled, mounted and answering
version_added: 0.1.0
description:
  - Looks after one systemd instance per bucket of a template unit that mounts V(ROOT/BUCKET). Each is enabled, started,
    mounted with the options that its unit has now, and answers a read.
  - A mount that is dead or hangs is mounted anew. Whether it answers is asked by a child process with a time limit.
  - Mounts are left alone while the object store itself does not answer, since mounting anew would only take away the folder
    that the pods have open; the module then fails and names the endpoint.
  - Refuses to mount over local files, and to touch what somebody else mounted at the place.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Reports what it would change, also on a host where neither s3fs nor the unit is there yet.
  diff_mode:
    description: Shows the state of each bucket before and after.
options:
  root:
    description: The folder below which the buckets are mounted.
    type: path
    required: true
  buckets:
    description: The buckets that are to be mounted.
    type: list
    elements: str
    required: true
  unit:
    description: Name of the template unit without C(@.service).
    type: str
    default: nsfl-s3fs
  endpoint:
    description: Address of the object store. When given, mounts are only healed while something listens there.
    type: str
    default: ""
  files:
    description: Files that s3fs reads at its start. A mount that is older than one of them is mounted anew.
    type: list
    elements: path
    default: []
  restart:
    description: Mount all anew in any case. Give the result of the task that writes O(files), so that check mode can tell.
    type: bool
    default: false
  state:
    description: V(absent) stops and disables the instances of O(buckets).
    type: str
    choices: [present, absent]
    default: present
  prune:
    description: Also stop and disable instances of the unit whose bucket is not listed.
    type: bool
    default: false
  probe_timeout:
    description: Seconds within which a mount has to answer.
    type: int
    default: 15
  timeout:
    description: Seconds for all mounts together to become well after a start.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Mount the buckets
  neursafe.fl.s3fs_mounts:
    root: /mnt/neursafe_fl
    buckets: [default, models, nsfl-system]
    endpoint: http://10.0.0.5:9000
    files: [/etc/neursafe_fl/passwd-s3fs]

- name: Take all of them away
  neursafe.fl.s3fs_mounts:
    root: /mnt/neursafe_fl
    buckets: []
    prune: true
"""

RETURN = r"""
changes:
  description: What was done, or would be in check mode, in words.
  returned: always
  type: list
  elements: str
  sample: ["mount models (it is inactive)"]
mounts:
  description: The mount points that are mounted and answer.
  returned: always
  type: list
  elements: str
  sample: [/mnt/neursafe_fl/default]
"""

import time
from contextlib import nullcontext
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils import _s3fs as s3fs
from ansible_collections.neursafe.fl.plugins.module_utils import _systemd as systemd
from ansible_collections.neursafe.fl.plugins.module_utils._host_lock import host_lock


class Mounts:
    """One run of the module."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, self.params = module, module.params
        self.changes: list[str] = []
        present = self.params["state"] == "present"
        self.wanted = list(dict.fromkeys(self.params["buckets"])) if present else []
        self.unwanted = [] if present else list(dict.fromkeys(self.params["buckets"]))
        if self.params["prune"]:
            self.unwanted += sorted(s3fs.instances(self.params["unit"]) - set(self.wanted) - set(self.unwanted))

    def look(self, buckets: list[str]) -> dict[str, s3fs.Seen]:
        return s3fs.look(self.params["root"], self.params["unit"], buckets, self.params["files"], self.params["probe_timeout"])

    def run(self) -> dict[str, Any]:
        self.remove()
        seen = self.look(self.wanted)
        if any(one.unit.stale or not one.unit.found for one in seen.values()) and not self.module.check_mode:
            systemd.call("systemctl", "daemon-reload")
            seen = self.look(self.wanted)
        self.refuse_missing_unit(seen)
        plans = {bucket: s3fs.decide(one, self.params["restart"]) for bucket, one in seen.items()}
        problems = [plan.problem for plan in plans.values() if plan.problem]
        if problems:
            raise systemd.UnitError("\n".join(problems))
        self.change(plans, seen)
        after = seen if self.module.check_mode or not self.changes else self.wait()
        result = {
            "changed": bool(self.changes),
            "changes": self.changes,
            "mounts": [one.point for one in after.values() if one.healthy],
        }
        if self.module._diff and self.changes:
            result["diff"] = {"before": state_text(seen), "after": state_text(seen, plans)}
        return result

    def refuse_missing_unit(self, seen: dict[str, s3fs.Seen]) -> None:
        if not self.module.check_mode and any(not one.unit.found for one in seen.values()):
            name = self.params["unit"]
            raise systemd.UnitError(
                f"{name}@.service: systemd knows no such template; write it first, or look with `systemctl cat {name}@x`"
            )

    def change(self, plans: dict[str, s3fs.Plan], seen: dict[str, s3fs.Seen]) -> None:
        starts = [bucket for bucket, plan in plans.items() if plan.start]
        enables = [bucket for bucket, plan in plans.items() if plan.enable]
        # Enabling is part of the first mounting and is only told apart when it is all there is to do.
        self.changes += [f"mount {bucket} ({plans[bucket].reason})" for bucket in starts]
        self.changes += [f"enable {bucket}" for bucket in enables if bucket not in starts]
        if starts:
            self.ask_endpoint()
        if self.module.check_mode:
            return
        self.systemctl("enable", enables)
        self.systemctl("restart", starts)

    def ask_endpoint(self) -> None:
        endpoint = self.params["endpoint"]
        trouble = s3fs.reachable(endpoint, 5) if endpoint else ""
        if trouble and not self.module.check_mode:
            raise systemd.UnitError(
                f"{endpoint}: this host does not reach the object store ({trouble}), so its mounts are left as they are; "
                "is the store running, is the port open, is the address right from here?"
            )

    def remove(self) -> None:
        for bucket, one in self.look(self.unwanted).items():
            if one.unit.enabled == "enabled" or one.unit.active not in ("inactive", "failed") or one.mount is not None:
                self.changes.append(f"unmount {bucket}")
                if not self.module.check_mode:
                    self.systemctl("disable", [bucket])
                    # Its ExecStopPost unmounts, also what an earlier process left behind.
                    self.systemctl("stop", [bucket])
        if self.changes and not self.module.check_mode:
            systemd.call("systemctl", "reset-failed", *[s3fs.unit_name(self.params["unit"], bucket) for bucket in self.unwanted])

    def systemctl(self, verb: str, buckets: list[str]) -> None:
        """One call for all of them. A failed start is told by `wait`, which knows the reason."""
        if not buckets:
            return
        names = [s3fs.unit_name(self.params["unit"], bucket) for bucket in buckets]
        options = ["--no-block"] if verb == "restart" else []
        done = systemd.call("systemctl", verb, *options, *names)
        if done.returncode != 0:
            raise systemd.UnitError(f"`systemctl {verb} {' '.join(names)}` failed: {done.stderr.strip()}")

    def wait(self) -> dict[str, s3fs.Seen]:
        deadline, pause = time.monotonic() + self.params["timeout"], 0.2
        while True:
            seen = self.look(self.wanted)
            sick = [one for one in seen.values() if not one.healthy]
            if not sick:
                return seen
            if time.monotonic() > deadline:
                raise systemd.UnitError("\n".join(self.explain(one) for one in sick))
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def explain(self, one: s3fs.Seen) -> str:
        trouble = one.trouble or ("nothing is mounted" if one.mount is None else "its process does not run")
        told = systemd.explain(one.unit)
        hint = s3fs.hint(told)
        return f"{one.point}: not well within {self.params['timeout']} s ({trouble}).{' ' + hint + '.' if hint else ''}\n  {told}"


def state_text(seen: dict[str, s3fs.Seen], plans: dict[str, s3fs.Plan] | None = None) -> str:
    lines = []
    for bucket, one in seen.items():
        touched = plans is not None and (plans[bucket].start or plans[bucket].enable)
        enabled = "enabled" if touched or one.unit.enabled == "enabled" else "not enabled"
        well = "mounted" if one.healthy or (plans is not None and plans[bucket].start) else (one.trouble or "not mounted")
        lines.append(f"{one.point}: {well}, {enabled}\n")
    return "".join(lines)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "buckets": {"type": "list", "elements": "str", "required": True},
            "unit": {"type": "str", "default": "nsfl-s3fs"},
            "endpoint": {"type": "str", "default": ""},
            "files": {"type": "list", "elements": "path", "default": []},
            "restart": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "prune": {"type": "bool", "default": False},
            "probe_timeout": {"type": "int", "default": 15},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    try:
        with nullcontext() if module.check_mode else host_lock():
            result = Mounts(module).run()
        module.exit_json(**result)
    except systemd.UnitError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
