# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module job, then follows the job: prints what changes, keeps what the pods say, explains an end that is none."""

from __future__ import annotations

import time
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.neursafe.fl.plugins.module_utils._job import FINAL_STATES, progress_line, reason_of
from ansible_collections.neursafe.fl.plugins.module_utils._job_causes import Sight, causes, explain
from ansible_collections.neursafe.fl.plugins.module_utils._job_pods import merge

display = Display()

# One module call covers this many seconds without news; a shorter one would only cost more processes.
_SLICE = 15
_AT_REST = {"present": FINAL_STATES, "started": FINAL_STATES, "stopped": (*FINAL_STATES, "ABSENT"), "absent": ("ABSENT",)}
_NOT_FOR_INFO = ("state", "config", "src", "purge", "configs_path", "wait", "wait_timeout", "poll")
# The API server may be away for a moment, for instance while it is rolled; a job does not mind.
_ERRORS_BORNE = 5


class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        del tmp
        args = dict(self._task.args)
        result = self._execute_module("neursafe.fl.job", module_args=args, task_vars=task_vars)
        waits = boolean(args.get("wait", False), strict=False)
        if result.get("failed") or not waits or self._task.check_mode:
            return result
        return self._follow(args, result, task_vars)

    def _follow(self, args: dict[str, Any], result: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        namespace, job_id = args.get("namespace", "default"), args["id"]
        wanted = args.get("state", "present")
        bound = float(args.get("wait_timeout", 600))
        asking = {key: value for key, value in args.items() if key not in _NOT_FOR_INFO}
        sight = Sight(state=result["job_state"], history=[{"state": result["job_state"], "seconds": 0.0}])
        seen: dict[str, Any] = {"state": result["job_state"], "progress": -1}
        errors = 0
        start = time.monotonic()
        while True:
            left = bound - (time.monotonic() - start)
            info = self._execute_module(
                "neursafe.fl.job_info",
                module_args={
                    **asking,
                    "wait_for_change": seen,
                    "wait_timeout": max(0, min(_SLICE, int(left))),
                    "poll": args.get("poll", 1.0),
                },
                task_vars=task_vars,
            )
            sight.seconds = time.monotonic() - start
            if info.get("failed"):
                errors += 1
                sight.error = str(info.get("msg", info))
                if errors > _ERRORS_BORNE or left <= 0:
                    sight.timed_out = left <= 0
                    return self._troubled(namespace, job_id, sight, result)
                time.sleep(min(2.0, max(0.0, left)))
                continue
            errors, sight.error = 0, ""
            self._take(info, seen, sight, namespace, job_id)
            if sight.state in _AT_REST[wanted]:
                break
            if sight.state == "ABSENT" or left <= 0:
                sight.timed_out = sight.state != "ABSENT"
                return self._troubled(namespace, job_id, sight, result)
        result.update(job_state=sight.state, history=sight.history, pods=sight.pods, seconds=round(sight.seconds, 1))
        result.update({key: info[key] for key in ("metrics", "losses") if key in info})
        if info["jobs"]:
            result["job"] = info["jobs"][0]
        if wanted in ("present", "started") and sight.state == "FAILED":
            return self._troubled(namespace, job_id, sight, result)
        return result

    def _take(self, info: dict[str, Any], seen: dict[str, Any], sight: Sight, namespace: str, job_id: str) -> None:
        """Add one look to what is known, and tell when it brought news."""
        job = info["jobs"][0] if info["jobs"] else None
        sight.reason, sight.progress = reason_of(job), info["progress"]
        sight.pods = merge(sight.pods, info.get("pods", []))
        if (info["job_state"], info["progress"]) == (seen["state"], seen["progress"]):
            return
        if info["job_state"] != seen["state"]:
            sight.history.append({"state": info["job_state"], "seconds": round(sight.seconds, 1)})
        sight.state = info["job_state"]
        seen.update(state=info["job_state"], progress=info["progress"])
        display.display("  " + progress_line(namespace, job_id, sight.state, sight.progress, sight.reason, sight.seconds))

    def _troubled(self, namespace: str, job_id: str, sight: Sight, result: dict[str, Any]) -> dict[str, Any]:
        result.update(
            failed=True,
            msg=explain(namespace, job_id, sight),
            causes=causes(sight),
            job_state=sight.state,
            history=sight.history,
            pods=sight.pods,
        )
        return result
