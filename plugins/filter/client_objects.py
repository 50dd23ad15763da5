# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: client_objects
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Render the Kubernetes objects of a cluster client
description:
  - Turns the settings of one client site into its Kubernetes objects, in the order in which they should be applied.
  - The settings have the shape of the deployment guide's C(client_config.json). Whatever is left out has the guide's value.
  - Objects are rendered for C(PLATFORM=k8s), that is with a ServiceAccount, its Role and ClusterRole, and a
    C(kubectl proxy) beside the task manager, which is how its plain HTTP client reaches today's Kubernetes API.
options:
  _input:
    description: Settings of the client site.
    type: dict
    required: true
    suboptions:
      instance:
        description: Value of the label C(app.kubernetes.io/instance), by which objects no longer wanted are found again.
        type: str
        default: the name of the Service
      version:
        description: Value of the label C(app.kubernetes.io/version).
        type: str
        default: "2022"
      task_manager:
        description: The task manager.
        type: dict
        required: true
        suboptions:
          service_name: {description: Name of Service and Deployment., type: str, default: nsfl-task-manager}
          port: {description: "Port of the Service, and its NodePort when O(_input.task_manager.external).", type: int, default: 30090}
          external: {description: Whether the Service has a NodePort., type: bool, default: true}
          db_collection_name: {description: Table or collection of the tasks., type: str, default: tasks}
          image: {description: Image of the task manager., type: str, required: true}
          server_address: {description: "C(host:port) of the proxy's gRPC port.", type: str, required: true}
          external_address:
            description: "C(host:port) at which the server calls this client back; node address and NodePort."
            type: str
            required: true
          runtime: {description: Runtimes on offer., type: list, elements: str, default: [tensorflow]}
          storage_quota: {description: Space for tasks in MB., type: int, default: 1024}
          registration: {description: Whether the client registers itself., type: bool, default: true}
          platform: {description: The only platform of a cluster client., type: str, choices: [k8s], default: k8s}
          volumes:
            description: The five folders, each with the key C(source); the path is the same on the host and in the pod.
            type: dict
            suboptions:
              lmdb: {description: The LMDB folder., type: dict, default: {source: /mnt/neursafe_fl/lmdb}}
              workspace: {description: Work folders of tasks., type: dict, default: {source: /mnt/neursafe_fl/workspace}}
              datasets: {description: Holds C(datasets.json)., type: dict, default: {source: /mnt/neursafe_fl/datasets}}
              task-configs: {description: Task entries and scripts., type: dict, default: {source: /mnt/neursafe_fl/task_configs}}
              config: {description: Holds the setup file., type: dict, default: {source: /mnt/neursafe_fl/config}}
          extra_volumes:
            description: Further folders (a certificate folder, a dataset outside the tree).
            type: list
            elements: dict
            default: []
            suboptions:
              name: {description: Name of the volume., type: str, required: true}
              source: {description: Path on the host and in the pod., type: str, required: true}
              read_only: {description: Whether the pod may only read., type: bool, default: true}
          setup:
            description: "Further keys of the setup file, such as C(label), C(max_task_parallelism) or C(ssl)."
            type: dict
            default: {}
          options: {description: Further environment variables., type: dict, default: {}}
          resources:
            description: Resources of the container.
            type: dict
            default: {requests: {cpu: 25m, memory: 64Mi}, limits: {cpu: "2", memory: 4Gi}}
          patch: {description: A merge patch for each kind of object., type: dict, default: {}}
      executor:
        description: The pods that do the work.
        type: dict
        suboptions:
          image: {description: Image of the executors., type: str, default: that of the task manager}
          port: {description: Port of an executor's Service., type: int, default: 8050}
          http_proxy: {description: HTTP proxy of executors., type: str, default: ""}
          https_proxy: {description: HTTPS proxy of executors., type: str, default: ""}
      k8s:
        description: The cluster.
        type: dict
        suboptions:
          namespace: {description: Namespace of the task manager., type: str, default: default}
          work_namespace: {description: Namespace of the executors; upstream's code allows no other., type: str, default: default}
          image_pull_secret: {description: Name of the pull secret; empty for none., type: str, default: registry-secret}
          gpu_rs_key: {description: Name of the GPU resource., type: str, default: nvidia.com/gpu}
          kubectl_image:
            description: Image of the C(kubectl proxy); its entry point is C(kubectl). There is none to fall back on.
            type: str
            default: ""
          network_policies: {description: Whether the task manager gets a network policy., type: bool, default: true}
          pod_security: {description: Pod Security level to enforce in the namespace; empty for none., type: str, default: ""}
          kubernetes_ports: {description: Ports of the Kubernetes API., type: list, elements: int, default: [443, 6443]}
          nodes: {description: Addresses of the cluster's nodes., type: list, elements: str, default: []}
          kubectl_port: {description: Port of the C(kubectl proxy) inside the pod., type: int, default: 8001}
      db:
        description: The database.
        type: dict
        required: true
        suboptions:
          type: {description: Exactly as the code spells it., type: str, choices: [postgreSQL, mongo], default: postgreSQL}
          address: {description: "C(host:port).", type: str, required: true}
          name: {description: Name of the database., type: str, default: neursafe_fl}
          username: {description: Account; together with the password it makes the Secret., type: str}
          password: {description: Password; without it the Secret has to be there already., type: str}
          secret_key_ref:
            description:
              - The Secret. The server's default is C(pgsecret); a client in the server's own namespace that makes a Secret
                needs a name of its own.
            type: dict
            suboptions:
              name: {description: Name of the Secret., type: str, default: nsfl-task-manager-database}
              user_key: {description: Key of the account., type: str, default: username}
              passwd_key: {description: Key of the password., type: str, default: password}
      others:
        description: The rest.
        type: dict
        suboptions:
          log_level: {description: Level of the log., type: str, choices: [debug, info, warning, error, fatal], default: info}
seealso:
  - plugin: neursafe.fl.task_manager_setup
    plugin_type: filter
  - plugin: neursafe.fl.client_problems
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what a client site consists of
  ansible.builtin.debug:
    msg: "{{ settings | neursafe.fl.client_objects | map(attribute='kind') }}"
  vars:
    settings:
      task_manager:
        image: registry.example/nsfl-client-cpu:1.0
        server_address: 192.0.2.10:30091
        external_address: 192.0.2.20:30090
      db:
        address: 192.0.2.30:5432
"""

RETURN = r"""
_value:
  description: The objects; Services come before Deployments.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_objects": client_objects}
