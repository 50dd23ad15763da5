#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers

from __future__ import annotations

DOCUMENTATION = r"""
module: object_store
short_description: Buckets of an S3 endpoint, and one user that may use just them
version_added: 0.1.0
description:
  - Makes buckets at any S3 endpoint. At a MinIO server also a user whose policy covers these buckets and no other.
  - Reads first and writes only what differs. Whether the user's secret key is the wanted one is found out by signing a
    request with it, since no server tells a secret.
  - Never removes a bucket or an object.
author:
  - The neursafe.fl maintainers (@neursafe)
extends_documentation_fragment: [neursafe.fl.attributes, neursafe.fl.s3]
attributes:
  check_mode:
    description: Reads the store and reports what it would change. When nothing answers yet, all is reported as to be made.
  diff_mode:
    description: Shows buckets, user, policy and its rules before and after; never a key.
  idempotent:
    description: A second run sends no changing request.
options:
  buckets:
    description: Buckets that have to exist.
    type: list
    elements: str
    default: []
  user:
    description:
      - A MinIO user that may use O(buckets) and nothing else; made with an administrator's keys.
      - Leave it out at endpoints without MinIO's admin API.
    type: dict
    suboptions:
      access_key:
        description: Access key of the user.
        type: str
        required: true
      secret_key:
        description: Secret key of the user. Not needed to remove the user.
        type: str
        default: ""
      policy:
        description: Name of its policy.
        type: str
        default: nsfl
      list_all_buckets:
        description:
          - Add the right to list the names of all buckets of the store.
          - MinIO does not need it. Without this right it lists the user's own buckets, which is what
            C(nsfl-ctl get namespace) should show; other servers may refuse the list instead.
        type: bool
        default: false
  state:
    description: V(absent) removes O(user) and its policy. Buckets and objects always stay.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Seconds to wait for one answer. Requests are tried four times.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Make the platform's buckets and its user
  neursafe.fl.object_store:
    endpoint: http://10.0.0.5:9000
    access_key: "{{ root_user }}"
    secret_key: "{{ root_password }}"
    buckets: [default, models, nsfl-system]
    user:
      access_key: nsfl
      secret_key: "{{ user_secret_key }}"

- name: Make buckets where the keys were given by somebody else
  neursafe.fl.object_store:
    endpoint: https://s3.example.org
    access_key: "{{ s3_access_key }}"
    secret_key: "{{ s3_secret_key }}"
    buckets: [default, models, nsfl-system]
"""

RETURN = r"""
changes:
  description: What was done, or would be in check mode, in words.
  returned: always
  type: list
  elements: str
  sample: [make bucket models, attach policy nsfl to user nsfl]
buckets:
  description: The wanted buckets that exist now.
  returned: always
  type: list
  elements: str
  sample: [default, models]
degraded:
  description: Servers and drives of MinIO that it goes on without, each also a warning. Empty where only buckets are asked about.
  returned: always
  type: list
  elements: str
  sample: ["10.0.0.8:9000 is offline"]
silent:
  description: Why nothing answers at the endpoint; empty when it does. Check mode alone goes on then.
  returned: success
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.neursafe.fl.plugins.module_utils import _object_store as store
from ansible_collections.neursafe.fl.plugins.module_utils import _object_store_api as api
from ansible_collections.neursafe.fl.plugins.module_utils._storage_names import endpoint_problem

USER_SPEC = {
    "access_key": {"type": "str", "required": True, "no_log": False},
    "secret_key": {"type": "str", "default": "", "no_log": True},
    "policy": {"type": "str", "default": "nsfl"},
    "list_all_buckets": {"type": "bool", "default": False},
}


def read_wishes(params: dict[str, Any]) -> tuple[store.Wanted, str]:
    """The wanted state and the user's secret; every problem of the input at once."""
    user = params["user"] or {}
    buckets = tuple(dict.fromkeys(params["buckets"]))
    wanted = store.Wanted(
        buckets=buckets,
        user=user.get("access_key", ""),
        policy_name=user.get("policy", ""),
        policy=store.policy_document(buckets, user["list_all_buckets"]) if user else None,
        absent=params["state"] == "absent",
    )
    secret = user.get("secret_key", "")
    problems = store.check(wanted, secret)
    place = endpoint_problem(params["endpoint"])
    if place:
        problems.insert(0, f"{params['labels'].get('endpoint', 'endpoint')}: {place}")
    if problems:
        raise api.StoreError("\n".join(problems))
    return wanted, secret


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    wanted, secret = read_wishes(params)
    silent = ""
    try:
        client = api.store_of(params)
        observed = client.observe(wanted, secret)
    except api.failures() as error:
        silent = api.not_there_yet(error, params, module.check_mode)
        module.warn(f"{silent}. Everything is counted as not there yet.")
        observed = store.Observed()
    for part in observed.degraded:
        module.warn(f"The object store at {params['endpoint']} goes on although {part}; start it, or replace it empty, and run again.")
    steps = store.plan(wanted, observed)
    if not module.check_mode:
        for step in steps:
            try:
                client.perform(step.do, step.name, wanted, secret)
            except api.failures() as error:
                raise api.StoreError(f"{step.text}: {api.explain(error, params['endpoint'], params['labels'])}") from error
    reached = store.after(wanted, observed) if steps else observed
    return {
        "changed": bool(steps),
        "changes": [step.text for step in steps],
        "degraded": list(observed.degraded),
        "silent": silent,
        "buckets": sorted(reached.buckets & set(wanted.buckets)),
        "diff": {"before": store.state_text(observed, wanted), "after": store.state_text(reached, wanted)},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **api.OPTIONS,
            "buckets": {"type": "list", "elements": "str", "default": []},
            "user": {"type": "dict", "options": USER_SPEC},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    if api.IMPORT_PROBLEM:
        module.fail_json(msg=missing_required_lib("minio"), exception=api.IMPORT_PROBLEM)
    try:
        module.exit_json(**run(module))
    except api.StoreError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
