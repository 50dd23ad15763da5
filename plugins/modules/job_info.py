#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Read federated jobs
version_added: 0.1.0
description:
  - Reads one job or all jobs of an FL namespace, what their pods say, and what a job has measured.
options:
  id:
    description: The job to read. Without it, all jobs of O(namespace) are listed.
    type: str
  wait_for_change:
    description:
      - Return only when the job's state or progress is no longer this, or after O(wait_timeout).
      - For loops that follow a job without asking again and again.
    type: dict
    suboptions:
      state:
        description: The state that was seen last.
        type: str
        default: ""
      progress:
        description: The progress that was seen last.
        type: int
        default: 0
  wait_timeout:
    description: Seconds that O(wait_for_change) waits at most.
    type: int
    default: 20
extends_documentation_fragment:
  - neursafe.fl.job_api
  - neursafe.fl.attributes.reading
seealso:
  - module: neursafe.fl.job
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Read one job with its loss, round by round
  neursafe.fl.job_info:
    api_url: http://10.0.0.1:30083
    id: mnist-7
    s3_endpoint: http://10.0.0.1:9000
    s3_access_key: neursafe-fl
    s3_secret_key: "{{ s3_secret_key }}"
  register: mnist

- name: List the jobs that have not ended
  neursafe.fl.job_info:
    api_url: http://10.0.0.1:30083
    namespace: team-b
"""

RETURN = r"""
jobs:
  description: The job or jobs as the API server describes them.
  returned: always
  type: list
  elements: dict
job_state:
  description: State of the one job, V(ABSENT) when there is none of that id.
  returned: when O(id) is given
  type: str
  sample: RUNNING
progress:
  description: Progress of the one job in per cent.
  returned: when O(id) is given
  type: int
  sample: 33
pods:
  description: What the job's pods say, namely name, phase, node, events and the ends of their logs.
  returned: when O(id) and O(kubeconfig) are given
  type: list
  elements: dict
metrics:
  description: What the job has measured; the metrics.json of its newest run.
  returned: when O(id) and O(s3_endpoint) are given and the job has written it
  type: raw
losses:
  description: The loss of each round, as far as the metrics have it.
  returned: when RV(metrics) is
  type: list
  elements: float
  sample: [1.93, 0.41, 0.12]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._api import Api, ApiError
from ansible_collections.neursafe.fl.plugins.module_utils._job import FINAL_STATES, progress_of, rounds, state_of
from ansible_collections.neursafe.fl.plugins.module_utils._job_args import REQUIRED_TOGETHER, api_of, common_arguments, files_of, pods_of
from ansible_collections.neursafe.fl.plugins.module_utils._job_pods import JobPods, merge
from ansible_collections.neursafe.fl.plugins.module_utils._telling import tell


def wait_for_change(api: Api, pods: JobPods | None, params: dict[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The job once it is no longer what was seen, and what its pods said meanwhile."""
    seen = params["wait_for_change"]
    end = time.monotonic() + params["wait_timeout"]
    said: list[dict[str, Any]] = []
    while True:
        job = api.job(params["namespace"], params["id"])
        if pods:
            said = merge(said, pods.read(params["namespace"], params["id"]))
        if not seen or (state_of(job), progress_of(job)) != (seen["state"], seen["progress"]) or time.monotonic() >= end:
            return job, said
        tell(f"job {params['id']}: {state_of(job)}, {progress_of(job)} %")
        time.sleep(params["poll"])


def one_job(api: Api, params: dict[str, Any]) -> dict[str, Any]:
    job, said = wait_for_change(api, pods_of(params), params)
    result: dict[str, Any] = {"jobs": [job] if job else [], "job_state": state_of(job), "progress": progress_of(job)}
    if params["kubeconfig"]:
        result["pods"] = said
    files = files_of(params)
    # A job that still runs is read for its states; the bucket is asked when there is a result.
    if job and files and job.get("output") and (state_of(job) in FINAL_STATES or not params["wait_for_change"]):
        metrics = files.metrics(job["output"], params["id"])
        if metrics is not None:
            result.update(metrics=metrics, losses=rounds(metrics))
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **common_arguments(),
            "id": {"type": "str"},
            "wait_for_change": {
                "type": "dict",
                "options": {"state": {"type": "str", "default": ""}, "progress": {"type": "int", "default": 0}},
            },
            "wait_timeout": {"type": "int", "default": 20},
        },
        required_together=REQUIRED_TOGETHER,
        required_by={"wait_for_change": ["id"]},
        supports_check_mode=True,
    )
    params = module.params
    try:
        api = api_of(params)
        result = one_job(api, params) if params["id"] else {"jobs": api.jobs(params["namespace"])}
    except ApiError as error:
        module.fail_json(msg=str(error))
        return
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
