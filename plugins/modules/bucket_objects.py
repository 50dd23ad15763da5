#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: bucket_objects
short_description: Take all objects of buckets into a folder, bring them back, or delete them
version_added: 0.1.0
description:
  - Takes every object with its metadata (s3fs keeps modes and owners there) into a folder, each content once, under its checksum.
  - Brings them back. Objects that are there already are not written again, so that what was cut short is finished by the next run.
  - A bucket that has other objects is refused unless O(overwrite) says otherwise; no bucket is changed then.
extends_documentation_fragment: [neursafe.fl.attributes, neursafe.fl.s3]
attributes:
  check_mode:
    description: Compares, and says how many objects would be written and deleted. Takes nothing into a folder.
  diff_mode:
    description: Names of objects, never what is in them.
author:
  - The neursafe.fl maintainers (@neursafe)
options:
  timeout:
    description: Seconds to wait for one answer.
    type: int
    default: 30
  buckets:
    description: The buckets. One that is not there counts as empty.
    type: list
    elements: str
    required: true
  folder:
    description: The folder, which has to be there. Not needed to delete.
    type: path
  state:
    description: V(saved) writes the folder, V(restored) makes the buckets those of the folder, V(absent) deletes every object.
    type: str
    choices: [saved, restored, absent]
    default: saved
  overwrite:
    description: Whether objects that are not those of the folder are deleted or replaced.
    type: bool
    default: false
  workers:
    description: Number of objects at a time.
    type: int
    default: 8
"""

EXAMPLES = r"""
- name: Take the objects of two buckets
  neursafe.fl.bucket_objects:
    endpoint: http://10.0.0.5:9000
    access_key: nsfl
    secret_key: "{{ secret_key }}"
    buckets: [default, models]
    folder: /var/backups/nsfl/objects
"""

RETURN = r"""
counts:
  description: Number of objects by bucket, in the folder or in the bucket.
  returned: always
  type: dict
  sample: {default: 12, models: 3}
bytes:
  description: Size of these objects.
  returned: always
  type: int
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.neursafe.fl.plugins.module_utils import _object_store_api as api
from ansible_collections.neursafe.fl.plugins.module_utils._objects import NotABackupError
from ansible_collections.neursafe.fl.plugins.module_utils._objects_api import Bucket
from ansible_collections.neursafe.fl.plugins.module_utils._storage_names import endpoint_problem

OPTIONS = {
    **api.OPTIONS,
    "timeout": {"type": "int", "default": 30},
    "buckets": {"type": "list", "elements": "str", "required": True},
    "folder": {"type": "path"},
    "state": {"type": "str", "choices": ["saved", "restored", "absent"], "default": "saved"},
    "overwrite": {"type": "bool", "default": False},
    "workers": {"type": "int", "default": 8},
}


class OtherDataError(Exception):
    """The buckets hold what the backup does not."""


def saved(buckets: list[Bucket], check_mode: bool) -> dict[str, Any]:
    found = {bucket.name: [] if check_mode else bucket.save() for bucket in buckets}
    sizes = [one.size for objects in found.values() for one in objects]
    return {"changed": True, "counts": {name: len(objects) for name, objects in found.items()}, "bytes": sum(sizes)}


def restored(buckets: list[Bucket], overwrite: bool, check_mode: bool) -> dict[str, Any]:
    plans = [(bucket, bucket.compare()) for bucket in buckets]
    foreign = [f"{bucket.name}/{key}" for bucket, steps in plans for key in steps.foreign]
    if foreign and not overwrite:
        some = ", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else "")
        raise OtherDataError(f"the buckets have {len(foreign)} objects that are not those of the backup ({some}); no object was changed")
    for bucket, steps in plans:
        if not check_mode:
            bucket.restore(steps)
    lines = [f"put {bucket.name}/{one.key}\n" for bucket, steps in plans for one in steps.put]
    lines += [f"delete {bucket.name}/{key}\n" for bucket, steps in plans for key in steps.delete]
    objects = {bucket.name: bucket.saved() for bucket in buckets}
    return {
        "changed": bool(lines),
        "counts": {name: len(found) for name, found in objects.items()},
        "bytes": sum(one.size for found in objects.values() for one in found),
        "diff": {"before": "", "after": "".join(lines)},
    }


def absent(buckets: list[Bucket], check_mode: bool) -> dict[str, Any]:
    found = {bucket.name: bucket.keys() for bucket in buckets}
    for bucket in buckets:
        if not check_mode:
            bucket.empty(found[bucket.name])
    return {"changed": any(found.values()), "counts": {name: len(keys) for name, keys in found.items()}, "bytes": 0}


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    try:
        store = api.store_of(params)
        folder = Path(params["folder"] or "/nonexistent")
        buckets = [Bucket(store, name, folder, params["workers"]) for name in params["buckets"]]
        if params["state"] == "saved":
            return saved(buckets, module.check_mode)
        if params["state"] == "restored":
            return restored(buckets, params["overwrite"], module.check_mode)
        return absent(buckets, module.check_mode)
    except api.failures() as error:
        module.warn(f"{api.not_there_yet(error, params, module.check_mode)}. Everything is counted as not there yet.")
        return {"changed": params["state"] != "absent", "counts": {}, "bytes": 0}


def main() -> None:
    module = AnsibleModule(
        argument_spec=OPTIONS,
        supports_check_mode=True,
        required_if=[("state", "saved", ["folder"]), ("state", "restored", ["folder"])],
    )
    if api.IMPORT_PROBLEM:
        module.fail_json(msg=missing_required_lib("minio"), exception=api.IMPORT_PROBLEM)
    problem = endpoint_problem(module.params["endpoint"])
    if problem:
        module.fail_json(msg=f"{module.params['labels'].get('endpoint', 'endpoint')}: {problem}")
    try:
        result = run(module)
    except OtherDataError as error:
        module.fail_json(msg=str(error), other_data=True)
    except (api.StoreError, NotABackupError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{module.params['folder']}: {error.strerror or error}; make room, or name another folder, and run again")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
