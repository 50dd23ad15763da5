#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: client_info
short_description: Tell whether a client is registered
version_added: 0.1.0
description:
  - Reads the log of a client (the journal of its service, or that of its pod) for the word that it has registered, waits for it if
    asked to, and says why it has not.
options:
  unit:
    description: Name of the systemd service of a standalone client, on the host that runs the module.
    type: str
  deployment:
    description: Name of the Deployment of a cluster client.
    type: str
  namespace:
    description: Kubernetes namespace of O(deployment).
    type: str
    default: default
  container:
    description: Container of the pod whose log is read. The first one when not given.
    type: str
  server:
    description: C(HOST:PORT) of the proxy, for telling whether this host can open it.
    type: str
  wait_timeout:
    description: Seconds to wait for the registration. Without waiting, one look is taken.
    type: int
    default: 0
  lines:
    description: How many of the log's last lines to return.
    type: int
    default: 30
extends_documentation_fragment:
  - neursafe.fl.kubeconfig
  - neursafe.fl.attributes.reading
requirements:
  - PyYAML (for O(deployment))
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Wait until the client is registered
  neursafe.fl.client_info:
    unit: nsfl-client.service
    server: 192.0.2.10:30091
    wait_timeout: 60
  register: client
  failed_when: not client.registered
"""

RETURN = r"""
registered:
  description: Whether the client has said that it registered or reported since it was started.
  returned: always
  type: bool
service_state:
  description: State of the service or phase of the pod.
  returned: always
  type: str
  sample: active
msg:
  description: Why it is not registered, and what to do.
  returned: when it is not
  type: str
log:
  description: The log's last lines.
  returned: always
  type: list
  elements: str
seconds:
  description: How long it was waited for.
  returned: always
  type: float
"""

import socket
import time
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._client_causes import registered, why_not
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._telling import tell

Look = tuple[str, list[str]]
_POD_LINES = 2000


def service_look(module: AnsibleModule) -> Look:
    """State of the service, and what it wrote since it was last started by hand; a client that restarts by itself shows all its tries."""
    unit = module.params["unit"]
    _code, shown, _error = module.run_command(
        ["systemctl", "show", unit, "--property=ActiveState,SubState,ActiveEnterTimestampMonotonic,InvocationID"]
    )
    facts = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    state = facts.get("ActiveState", "")
    if state == "activating" and facts.get("SubState") == "auto-restart":
        state = "restarts again and again"
    chosen = ["--since=-10min"]
    if facts.get("InvocationID") and state == "active":
        chosen = [f"_SYSTEMD_INVOCATION_ID={facts['InvocationID']}"]
    _code, text, _error = module.run_command(["journalctl", "--no-pager", "--quiet", "--output=cat", f"--unit={unit}", *chosen])
    return state, text.splitlines()


def pod_look(module: AnsibleModule) -> Callable[[], Look]:
    """State and log of the newest pod of a Deployment."""
    params = module.params
    kube = Kube(params["kubeconfig"], params["context"], timeout=10)
    namespace = params["namespace"]

    def look() -> Look:
        try:
            wanted = kube.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{params['deployment']}")
            labels = ",".join(f"{key}={value}" for key, value in wanted["spec"]["selector"]["matchLabels"].items())
            pods = kube.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=labels)["items"]
            alive = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
            if not alive:
                return "no pod", []
            pod = max(alive, key=lambda item: str(item["metadata"]["creationTimestamp"]))
            container = params["container"] or pod["spec"]["containers"][0]["name"]
            path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/log"
            text = kube.text(path, container=container, tailLines=str(_POD_LINES))
        except KubeError as error:
            return "not found" if error.status == 404 else "no log yet", [str(error)]
        return str(pod["status"]["phase"]), text.splitlines()

    return look


def reachable(server: str | None) -> bool | None:
    if not server:
        return None
    host, _colon, port = server.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=3):
            return True
    except (OSError, ValueError):
        return False


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str"},
            "deployment": {"type": "str"},
            "namespace": {"type": "str", "default": "default"},
            "container": {"type": "str"},
            "kubeconfig": {"type": "path"},
            "context": {"type": "str"},
            "server": {"type": "str"},
            "wait_timeout": {"type": "int", "default": 0},
            "lines": {"type": "int", "default": 30},
        },
        required_one_of=[("unit", "deployment")],
        mutually_exclusive=[("unit", "deployment")],
        supports_check_mode=True,
    )
    params = module.params
    try:
        look = pod_look(module) if params["deployment"] else lambda: service_look(module)
    except KubeError as error:
        module.fail_json(msg=f"kubeconfig: {error}")
        return
    start = time.monotonic()
    while True:
        state, log = look()
        good = registered(log)
        if good or time.monotonic() - start >= params["wait_timeout"]:
            break
        tell(f"waiting until {params['unit'] or params['deployment']} is registered; it is {state or 'not there yet'}")
        time.sleep(1)
    result: dict[str, Any] = {"registered": good, "service_state": state, "log": log[-params["lines"] :]}
    result["seconds"] = round(time.monotonic() - start, 1)
    if not good:
        name = params["unit"] or f"deployment {params['deployment']}"
        cause = why_not(log, state, params["server"] or "", reachable(params["server"]), socket.gethostname())
        tail = "".join(f"\n  log: {line}" for line in log[-8:])
        result["msg"] = f"{name} has not registered after {result['seconds']:.0f} s: {cause}{tail}"
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
