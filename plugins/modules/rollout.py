#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout
short_description: Wait until workloads are ready, or say why they are not
version_added: 0.1.0
description:
  - Waits for all Deployments, StatefulSets, DaemonSets and Jobs with given labels at once, so the wait is as long as that of
    the slowest, and not the sum. Returns within a second of the last one becoming ready.
  - On time-out it says for each workload that is not ready what its pods wait for, the last events and log lines, the
    usual cause, the peers that the log names, and the next command to try.
  - A Job that has used all its attempts is not waited for any longer.
  - In check mode it looks once and does not wait.
options:
  instance:
    description: The value of the label C(app.kubernetes.io/instance) of the workloads.
    type: str
    required: true
  workloads:
    description:
      - Objects that have to be among them; those of other kinds are passed over.
      - Without it, whatever carries the label is waited for.
    type: list
    elements: dict
    default: []
  only:
    description: Whether O(workloads) alone are waited for, whatever becomes of others that carry the label.
    type: bool
    default: false
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 180
  poll:
    description: Seconds between two looks.
    type: float
    default: 0.5
  retry_now:
    description:
      - Delete, before the wait, pods that the kubelet lets wait (C(CrashLoopBackOff), C(ImagePullBackOff)). They are made anew at once.
      - Without it, a workload whose trouble was mended a moment ago may need five more minutes to notice.
    type: bool
    default: false
  renew:
    description:
      - Workloads whose pods are deleted before the wait, as kind, namespace and name. They are made anew at once.
      - Those of another instance are not waited for.
      - M(neursafe.fl.kube_plan) returns as C(outdated) which ones need it.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - neursafe.fl.kubeconfig
attributes:
  check_mode:
    description: Looks once instead of waiting, and never fails for what an earlier task only predicted.
    support: full
  diff_mode:
    description: Changes nothing but what O(retry_now) and O(renew) say.
    support: none
  idempotent:
    description: Waiting changes nothing; O(renew) and O(retry_now) do what they say each time.
    support: partial
seealso:
  - module: neursafe.fl.kube_plan
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Wait for the components
  neursafe.fl.rollout:
    instance: neursafe-fl-server
    timeout: 300
"""

RETURN = r"""
ready:
  description: Workloads that are ready, as kind, namespace and name.
  returned: always
  type: list
  elements: str
waiting:
  description: Workloads that are not ready; empty on success.
  returned: always
  type: list
  elements: str
retried:
  description: Pods that were deleted because of O(retry_now) or O(renew), or would be in check mode, as namespace and name.
  returned: on success
  type: list
  elements: str
waited:
  description: Seconds spent waiting.
  returned: always
  type: float
explanation:
  description: Why the workloads in RV(waiting) are not ready.
  returned: on time-out
  type: list
  elements: str
"""

import time
import typing as t
from itertools import product

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._kinds import collection_path, title
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._readiness import WORKLOADS, backs_off, explain, has_failed, is_ready
from ansible_collections.neursafe.fl.plugins.module_utils._telling import tell

Object = dict[str, t.Any]


def look(kube: Kube, params: dict[str, t.Any]) -> tuple[list[Object], list[Object]]:
    """Workloads that are ready, and those that are not; a named one that is not there at all is not ready."""
    instance, named = params["instance"], params["workloads"]
    kinds = [kind for kind in WORKLOADS if not named or any(item["kind"] == kind for item in named)]
    namespaces = sorted({item["metadata"]["namespace"] for item in named}) or [""]
    found = []
    for kind, namespace in product(kinds, namespaces):
        items = kube.get(collection_path(kind, namespace), labelSelector=f"app.kubernetes.io/instance={instance}")["items"]
        # Items of a list do not repeat their kind.
        found += [{**item, "kind": kind} for item in items]
    if params["only"]:
        found = [item for item in found if title(item) in {title(one) for one in named}]
    ready = [item for item in found if is_ready(item)]
    seen = {title(item) for item in found}
    absent = [{"kind": item["kind"], "metadata": item["metadata"]} for item in named if title(item) not in seen]
    return ready, [item for item in found if not is_ready(item)] + absent


def pods_of(kube: Kube, item: Object) -> list[Object]:
    labels = ((item["spec"].get("selector") or {}).get("matchLabels") or {}).items()
    selector = ",".join(f"{key}={value}" for key, value in labels)
    return list(kube.get(collection_path("Pod", item["metadata"]["namespace"]), labelSelector=selector)["items"])


def live(kube: Kube, name: str) -> Object | None:
    """The workload of a title, of whatever instance."""
    kind, _blank, place = name.partition(" ")
    namespace, _slash, own = place.partition("/")
    return kube.find(f"{collection_path(kind, namespace)}/{own}")


def retry(kube: Kube, params: dict[str, t.Any], check_mode: bool) -> list[str]:
    """Delete the pods that only wait for the kubelet's next try, and those that are to be made anew."""
    ready, waiting = look(kube, params) if params["retry_now"] or params["renew"] else ([], [])
    seen = {title(item): item for item in ready + waiting if "spec" in item}
    named = [seen.get(name) or live(kube, name) for name in params["renew"]]
    renewed = [pod for item in named if item is not None for pod in pods_of(kube, item)]
    stuck = [pod for item in waiting if "spec" in item for pod in pods_of(kube, item) if params["retry_now"] and backs_off(pod)]
    pods = {f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": pod["metadata"] for pod in renewed + stuck}
    for pod in pods.values() if not check_mode else []:
        kube.delete(f"{collection_path('Pod', pod['namespace'])}/{pod['name']}")
    return list(pods)


def reasons(kube: Kube, item: Object) -> list[str]:
    """Gather what explains one workload. Never fails: an explanation must not hide what it explains."""
    namespace = item["metadata"]["namespace"]
    if "spec" not in item:
        return [f"{title(item)}: is not there"]
    try:
        pods = pods_of(kube, item)
        events = kube.get(f"/api/v1/namespaces/{namespace}/events")["items"]
    except KubeError as error:
        return [f"{title(item)}: not ready, and its pods cannot be seen: {error}"]
    return explain(item, pods, events, {pod["metadata"]["name"]: logs(kube, pod) for pod in pods})


def logs(kube: Kube, pod: Object) -> str:
    """The end of the log of the first container that is in trouble, of its previous life where it has crashed."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    troubled = [status for status in statuses if not status.get("ready")] or statuses
    if not troubled:
        return ""
    status = troubled[0]
    previous = "true" if status.get("restartCount") and "waiting" in (status.get("state") or {}) else "false"
    path = f"{collection_path('Pod', pod['metadata']['namespace'])}/{pod['metadata']['name']}/log"
    try:
        return kube.text(path, container=status["name"], previous=previous, tailLines="20")
    except KubeError:
        return ""  # not started yet: the status says so


def wait(kube: Kube, params: dict[str, t.Any], once: bool) -> tuple[list[Object], list[Object], float]:
    """Look until all is ready or time is up. A short silence of the API server is no reason to give up."""
    started = time.monotonic()
    while True:
        elapsed = time.monotonic() - started
        last = once or elapsed >= params["timeout"]
        try:
            ready, waiting = look(kube, params)
            if not waiting or last or any(has_failed(item) for item in waiting):
                return ready, waiting, elapsed
            tell(f"{len(ready)} ready, waiting for {', '.join(item['metadata']['name'] for item in waiting)}")
        except KubeError as error:
            if last or error.status in (401, 403):
                raise
        time.sleep(params["poll"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "instance": {"type": "str", "required": True},
            "workloads": {"type": "list", "elements": "dict", "default": []},
            "only": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 180},
            "poll": {"type": "float", "default": 0.5},
            "retry_now": {"type": "bool", "default": False},
            "renew": {"type": "list", "elements": "str", "default": []},
            "kubeconfig": {"type": "path"},
            "context": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        kube = Kube(module.params["kubeconfig"], module.params["context"])
        module.params["workloads"] = [item for item in module.params["workloads"] if item["kind"] in WORKLOADS]
        retried = retry(kube, module.params, module.check_mode)
        ready, waiting, elapsed = wait(kube, module.params, module.check_mode)
        result: dict[str, t.Any] = {
            "changed": bool(retried),
            "retried": retried,
            "ready": [title(item) for item in ready],
            "waiting": [title(item) for item in waiting],
            "waited": round(elapsed, 1),
        }
        if not waiting or module.check_mode:
            module.exit_json(**result)
        explanation = [line for item in waiting for line in reasons(kube, item)]
    except KubeError as error:
        module.fail_json(msg=f"kubeconfig: {error}", ready=[], waiting=[], waited=0.0)
    module.fail_json(msg="\n".join([f"Not ready after {elapsed:.0f} s:", *explanation]), explanation=explanation, **result)


if __name__ == "__main__":
    main()
