# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that a restart would break: the proxy keeps the routes to their coordinators in its memory (P7)."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube
from ansible_collections.neursafe.fl.plugins.module_utils._plan import Plan
from ansible_collections.neursafe.fl.plugins.module_utils._readers import pods_in
from ansible_collections.neursafe.fl.plugins.module_utils._telling import tell

Object = dict[str, t.Any]

_POLL = 2.0


def disturbed_jobs(kube: Kube, plan: Plan, params: t.Mapping[str, t.Any]) -> list[str]:
    """Waits for running jobs as long as it may; then a sentence for each Deployment that would restart under those that still run."""
    restarting = [entry["title"] for entry in plan.apply if entry["restarts"]] + plan.outdated
    restarting = [name for name in restarting if name.rsplit("/", 1)[-1] in params["keep_while_jobs_run"]]
    running = _after_waiting(kube, params["jobs_namespace"], params["wait_for_jobs"]) if restarting else []
    if not running:
        return []
    cure = f"wait until they have ended ({params['prefix']}_wait_for_jobs), or set {params['prefix']}_restart_under_jobs"
    return [f"{name}: would restart while jobs run ({', '.join(running)}), which then fail; {cure}" for name in restarting]


def _after_waiting(kube: Kube, namespace: str, seconds: int) -> list[str]:
    end = time.monotonic() + seconds
    while True:
        running = [pod["metadata"]["name"] for pod in pods_in(kube, namespace) if _coordinates(pod)]
        if not running or time.monotonic() >= end:
            return running
        tell(f"waiting for jobs to end: {', '.join(running)}")
        time.sleep(min(_POLL, max(0.0, end - time.monotonic())))


def _coordinates(pod: Object) -> bool:
    """A coordinator carries no label of its own; its command tells it from other pods."""
    alive = (pod.get("status") or {}).get("phase") in ("Pending", "Running") and not pod["metadata"].get("deletionTimestamp")
    return alive and any("neursafe_fl.python.coordinator.app" in (item.get("command") or []) for item in pod["spec"]["containers"])
