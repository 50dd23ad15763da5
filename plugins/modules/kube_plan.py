#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_plan
short_description: Find out what applying objects to Kubernetes would do
version_added: 0.1.0
description:
  - Compares a list of objects with the cluster by a server-side dry run, and says which of them are to be created, updated
    or removed, and everything that stands in the way, all at once and before anything is written.
  - Applying is left to M(kubernetes.core.k8s), which then gets just the objects that differ, or is not called at all.
  - Uses Python's standard library only, because importing the Kubernetes client takes longer than the whole comparison.
options:
  objects:
    description: The objects, in the order in which they are to be applied. Kinds that this collection makes.
    type: list
    elements: dict
    required: true
  instance:
    description:
      - The value of the label C(app.kubernetes.io/instance) that the objects carry. Objects with it and with
        C(app.kubernetes.io/managed-by=neursafe.fl) that are not in O(objects) are returned as RV(stale).
      - When empty, nothing is looked for.
    type: str
    default: ""
  force_conflicts:
    description: Whether fields that somebody else has changed are overwritten. Otherwise they are a problem.
    type: bool
    default: false
  rights:
    description: Whether to ask, too, for each verb that applying and removing takes.
    type: bool
    default: false
  jobs_namespace:
    description: Kubernetes namespace in which coordinators run. With O(keep_while_jobs_run).
    type: str
    default: default
  keep_while_jobs_run:
    description: Names of Deployments of which a restart breaks running jobs; it is a problem while there are any.
    type: list
    elements: str
    default: []
  wait_for_jobs:
    description: Seconds to wait for running jobs to end before they are a problem. With O(keep_while_jobs_run).
    type: int
    default: 0
  renewed_secrets:
    description: Titles of Secrets that are about to get another value, such as C(Secret default/nsfl-job-scheduler-token).
    type: list
    elements: str
    default: []
  collection:
    description:
      - What P(neursafe.fl.collection_version#lookup) returns. Then a recorded release that this version does not take on is a problem,
        and nothing is at rest while the latest one in O(releases_namespace) is not what is in O(objects).
      - Not looked for when empty.
    type: dict
    default: {}
  releases_namespace:
    description: Kubernetes namespace in which the releases of O(instance) are kept. With O(collection).
    type: str
    default: default
  needed:
    description:
      - References (kind, and metadata with name and namespace) to objects of others that have to exist already.
      - With C(setting), messages name the setting that the reference comes from.
    type: list
    elements: dict
    default: []
  node_ports:
    description: The settings that NodePorts come from, by number, for the message that one is taken.
    type: dict
    default: {}
  prefix:
    description: Prefix of the settings that messages name, for instance V(nsfl_server).
    type: str
    default: nsfl
extends_documentation_fragment:
  - neursafe.fl.kubeconfig
  - neursafe.fl.endpoints
  - neursafe.fl.attributes.reading
attributes:
  diff_mode:
    description: >-
      Returns RV(differences) for showing them. (M(kubernetes.core.k8s) shows none for a list, and those of Secrets would have to
      be kept back altogether.)
    support: partial
seealso:
  - module: neursafe.fl.rollout
  - module: kubernetes.core.k8s
  - plugin: neursafe.fl.planned
    plugin_type: filter
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Compare with the cluster
  neursafe.fl.kube_plan:
    objects: "{{ objects }}"
    instance: neursafe-fl-server
  register: plan
  no_log: true # Secrets are among the objects

- name: Apply what differs
  kubernetes.core.k8s:
    definition: "{{ objects | neursafe.fl.planned(plan.apply) }}"
    apply: true
    server_side_apply:
      field_manager: neursafe.fl
  when: plan.apply | length > 0
"""

RETURN = r"""
apply:
  description: The objects that differ; position in O(objects), title, kind, action (create, update or adopt) and whether pods restart.
  returned: always
  type: list
  elements: dict
force:
  description: >-
    Whether these are taken by an apply with C(force_conflicts) only. With O(force_conflicts) somebody else has changed one; without it
    somebody else owns fields together with us, as after an adoption, and has not changed them since we applied them.
  returned: always
  type: bool
stale:
  description: References to objects that are no longer rendered.
  returned: always
  type: list
  elements: dict
differences:
  description:
    - Lines of unified diffs of all objects that differ; of values of Secrets a short hash is shown.
    - A line of its own says which object is removed, which is adopted (as wanted, but not known as ours yet), and with
      O(force_conflicts) whose changes are overwritten.
  returned: always, empty without diff mode
  type: list
  elements: str
problems:
  description: Everything that stands in the way, one sentence each. No object's content is in them.
  returned: always
  type: list
  elements: str
ready:
  description: The workloads among O(objects) that are there and ready as they are now.
  returned: always
  type: list
  elements: str
  sample: ["Deployment default/job-scheduler"]
waiting:
  description: The workloads among O(objects) that are not.
  returned: always
  type: list
  elements: str
outdated:
  description:
    - Those of the workloads that would not restart by themselves, and have pods that are older than the last change that we made,
      or are about to make, to a Secret in their environment. Give it to M(neursafe.fl.rollout) after applying.
    - Deployments of other instances of ours in the same namespace, such as a client's, that read one of the Secrets come in addition.
  returned: always
  type: list
  elements: str
silent:
  description: One line for each of O(checks) that did not answer as it should. They are asked once, and only when all else is at rest.
  returned: always
  type: list
  elements: str
at_rest:
  description: >-
    Whether nothing is left to do and all is well; nothing differs or stands in the way, the workloads are ready and none is outdated,
    and all O(checks) answer.
  returned: always
  type: bool
recorded:
  description: Whether the latest release says what is in O(objects). Always true without O(collection).
  returned: always
  type: bool
cluster_dns:
  description: Address of the cluster's DNS Service, empty when it cannot be seen.
  returned: always
  type: str
  sample: 10.96.0.10
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._differences import removed
from ansible_collections.neursafe.fl.plugins.module_utils._endpoints import OPTIONS, ask_all, silent
from ansible_collections.neursafe.fl.plugins.module_utils._kinds import KINDS, object_path, title
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._plan import Plan, make_plan, missing_rights
from ansible_collections.neursafe.fl.plugins.module_utils._release_store import judged, listed
from ansible_collections.neursafe.fl.plugins.module_utils._running_jobs import disturbed_jobs


def cluster_dns(kube: Kube) -> str:
    """Every installer names the DNS Service kube-dns, whatever answers behind it."""
    try:
        service = kube.find("/api/v1/namespaces/kube-system/services/kube-dns")
    except KubeError:
        return ""
    return str(service["spec"].get("clusterIP", "")) if service else ""


def absent(kube: Kube, needed: list[dict[str, t.Any]]) -> list[str]:
    """Objects of others that ours refer to."""
    missing = [item for item in needed if kube.find(object_path(item)) is None]
    return [f"{item.get('setting') or title(item)}: {_not_there(item)}; create it, or name another one" for item in missing]


def _not_there(item: dict[str, t.Any]) -> str:
    return f"there is no {title(item)}" if item.get("setting") else "does not exist"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "objects": {"type": "list", "elements": "dict", "required": True},
            "instance": {"type": "str", "default": ""},
            "force_conflicts": {"type": "bool", "default": False},
            "rights": {"type": "bool", "default": False},
            "jobs_namespace": {"type": "str", "default": "default"},
            "keep_while_jobs_run": {"type": "list", "elements": "str", "default": []},
            "wait_for_jobs": {"type": "int", "default": 0},
            "collection": {"type": "dict", "default": {}},
            "releases_namespace": {"type": "str", "default": "default"},
            "needed": {"type": "list", "elements": "dict", "default": []},
            "node_ports": {"type": "dict", "default": {}},
            "renewed_secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "prefix": {"type": "str", "default": "nsfl"},
            "kubeconfig": {"type": "path"},
            "context": {"type": "str"},
            **OPTIONS,
        },
        supports_check_mode=True,
    )
    params = module.params
    unknown = sorted({str(item.get("kind")) for item in params["objects"] + params["needed"]} - set(KINDS))
    if unknown:
        module.fail_json(msg=f"objects: no such kind: {', '.join(unknown)}; known are {', '.join(KINDS)}")
    plan, dns, recorded = Plan(), "", not params["collection"]
    try:
        kube = Kube(params["kubeconfig"], params["context"])
        dns = cluster_dns(kube)
        rights = missing_rights(kube, params["objects"], params["prefix"]) if params["rights"] else []
        if rights:
            # Each object would be refused for want of them, which says nothing new.
            plan.problems = rights
        else:
            chosen = (params["instance"], params["force_conflicts"], params["prefix"], params["node_ports"])
            plan = make_plan(kube, params["objects"], *chosen, params["renewed_secrets"])
            plan.problems += absent(kube, params["needed"])
            if params["collection"]:
                releases = listed(kube, params["instance"], params["releases_namespace"])
                recorded, refused = judged(releases[-1] if releases else None, params["collection"], params["objects"], params["instance"])
                plan.problems += refused
            # Nothing is worth waiting for that is refused anyway.
            plan.problems += disturbed_jobs(kube, plan, {**params, "wait_for_jobs": 0} if plan.problems else params)
    except KubeError as error:
        names = {"kubeconfig": f"{params['prefix']}_kubeconfig", "context": f"{params['prefix']}_kube_context"}
        plan.problems.append(f"{error.told(names)}; {'start the cluster, or ' if error.option == 'kubeconfig' else ''}name another")
    differences = [line for entry in plan.apply for line in entry.pop("difference")]
    differences += [removed(item) for item in plan.stale]
    left = [*plan.apply, *plan.stale, *plan.problems, *plan.waiting, *plan.outdated]
    unanswered = [] if left else silent(ask_all(params))
    module.exit_json(
        changed=False,
        differences=differences if module._diff else [],
        apply=plan.apply,
        stale=plan.stale,
        problems=plan.problems,
        ready=plan.ready,
        waiting=plan.waiting,
        outdated=plan.outdated,
        force=plan.force,
        silent=unanswered,
        at_rest=recorded and not (left or unanswered),
        recorded=recorded,
        cluster_dns=dns,
    )


if __name__ == "__main__":
    main()
