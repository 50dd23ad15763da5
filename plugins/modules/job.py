#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job
short_description: Manage a federated job
version_added: 0.1.0
description:
  - Creates, starts, stops and removes federated jobs through the API server, and follows them to their end.
  - While it waits it prints a line for each change of the job's state or progress, and gathers what the job's pods say. When the
    job fails or does not end in time, the message names the probable cause, what to do, and the evidence.
options:
  state:
    description:
      - V(present), the job exists; a new one is queued at once and starts by itself. One that exists is left as it is when O(config) agrees
        with it.
      - V(started), as V(present), and a job that was stopped or has failed is started again. A finished one is left alone.
      - V(stopped), the job does not run. There may be no such job.
      - V(absent), there is no such job; one that runs is stopped first.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  id:
    description:
      - Name of the job, unique in its FL namespace.
      - At most 27 characters, because names of Kubernetes objects are made of it.
    type: str
    required: true
  config:
    description:
      - The job's configuration, as the platform documents it; C(id) is filled in, C(port) and C(description) have defaults.
      - Needed for O(state=present) and O(state=started) unless the job exists or O(src) has a C(config.json).
    type: dict
  src:
    description:
      - A job folder on the host that runs the module, with C(model/), C(scripts/), C(extender/) and perhaps C(config.json), uploaded to
        C(fl-<id>/) of the bucket O(namespace). Files that are there already are not uploaded again.
      - Needs O(s3_endpoint).
    type: path
  purge:
    description:
      - Whether O(state=absent) also removes what the job has in the bucket, that is its folder and its output. Needs O(s3_endpoint).
    type: bool
    default: false
  configs_path:
    description:
      - Bucket and folder of the coordinators' configuration files, for instance V(nsfl-system/coordinator_configs). With it, O(purge)
        removes the job's file there too, which the job scheduler leaves.
    type: str
  wait:
    description: Whether to wait until the job has ended (or, for O(state=absent) and O(state=stopped), is gone or at rest).
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait at most.
    type: int
    default: 600
extends_documentation_fragment:
  - neursafe.fl.job_api
attributes:
  check_mode:
    description: Can run in check mode and says what it would change.
    support: full
  diff_mode:
    description: Shows the state before and after, and the files that are uploaded.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: neursafe.fl.job_info
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Create a job from a folder and follow it to its end
  neursafe.fl.job:
    api_url: http://10.0.0.1:30083
    id: mnist-7
    src: tf_mnist_fl
    s3_endpoint: http://10.0.0.1:9000
    s3_access_key: neursafe-fl
    s3_secret_key: "{{ s3_secret_key }}"
    kubeconfig: ~/.kube/config
    wait: true

- name: Remove it with everything it wrote
  neursafe.fl.job:
    api_url: http://10.0.0.1:30083
    id: mnist-7
    state: absent
    purge: true
    s3_endpoint: http://10.0.0.1:9000
    s3_access_key: neursafe-fl
    s3_secret_key: "{{ s3_secret_key }}"
"""

RETURN = r"""
job:
  description: The job as the API server describes it; absent when there is none.
  returned: when it exists
  type: dict
  sample: {"id": "mnist-7", "status": {"state": "FINISHED", "progress": 100, "reason": null}}
job_state:
  description: State of the job, V(ABSENT) when there is none.
  returned: always
  type: str
  sample: FINISHED
uploaded:
  description: Files that were uploaded, or would be in check mode.
  returned: always
  type: list
  elements: str
removed:
  description: Objects that were removed from the bucket, or would be in check mode.
  returned: always
  type: list
  elements: str
history:
  description: The states the job went through while it was waited for, each with the second it was first seen in.
  returned: when O(wait=true)
  type: list
  elements: dict
  sample: [{"state": "QUEUING", "seconds": 0.1}, {"state": "RUNNING", "seconds": 6.3}]
pods:
  description: What the job's pods said while it ran, namely name, phase, node, events and the ends of their logs.
  returned: when O(wait=true) and O(kubeconfig) is given
  type: list
  elements: dict
causes:
  description: Probable causes, the most certain first.
  returned: when the job failed or did not end in time
  type: list
  elements: dict
  sample: [{"cause": "too few clients are registered at the selector", "fix": "…"}]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._api import ApiError
from ansible_collections.neursafe.fl.plugins.module_utils._job import name_problems, state_of
from ansible_collections.neursafe.fl.plugins.module_utils._job_args import REQUIRED_TOGETHER, api_of, common_arguments, files_of
from ansible_collections.neursafe.fl.plugins.module_utils._job_service import Job


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **common_arguments(),
            "state": {"type": "str", "choices": ["present", "started", "stopped", "absent"], "default": "present"},
            "id": {"type": "str", "required": True},
            "config": {"type": "dict"},
            "src": {"type": "path"},
            "purge": {"type": "bool", "default": False},
            "configs_path": {"type": "str"},
            # Waiting is the action plugin's, which runs on the controller and can print while it waits.
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 600},
        },
        required_together=REQUIRED_TOGETHER,
        required_by={"src": ["s3_endpoint"]},
        required_if=[("purge", True, ["s3_endpoint"])],
        supports_check_mode=True,
    )
    params = module.params
    problems = name_problems(params["namespace"], params["id"])
    if params["src"] and not Path(params["src"]).is_dir():
        problems.append(f"src: {params['src']} is no folder on this host")
    if problems:
        module.fail_json(msg="; ".join(problems))
    try:
        job = Job(params, api_of(params), files_of(params), module.check_mode)
        before = job.read()
        getattr(job, params["state"])(before)
        after = before if module.check_mode or not job.changed else job.read()
    except ApiError as error:
        module.fail_json(msg=f"job {params['namespace']}/{params['id']}: {error}")
        return
    state = state_of(after)
    if module.check_mode and job.changed:
        state = {"present": "QUEUING", "started": "QUEUING", "stopped": "STOPPED", "absent": "ABSENT"}[params["state"]]
    result: dict[str, Any] = {"changed": job.changed, "job_state": state, "uploaded": job.uploaded, "removed": job.removed}
    if after is not None:
        result["job"] = after
    if module._diff and job.changed:
        result["diff"] = {
            "before": {"state": state_of(before), "objects": job.removed},
            "after": {"state": state, "objects": job.uploaded},
        }
    module.exit_json(**result)


if __name__ == "__main__":
    main()
