# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is seen of a job in trouble to what caused it. Pure: every rule looks at one Sight and nothing else.

The rules come from runs of the platform with one provisioning mistake each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Sight:
    """What is known of a job: where it got to, and what its pods and the components say."""

    state: str = "UNKNOWN"
    reason: str = ""
    progress: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    timed_out: bool = False
    error: str = ""
    pods: list[dict[str, Any]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Everything that was said anywhere, for the rules to search in."""
        said = [self.reason, self.error]
        for pod in self.pods:
            said += [pod.get("reason") or "", *pod.get("events", []), *pod.get("log", [])]
        return "\n".join(said)

    @property
    def ran(self) -> bool:
        return any(seen.get("state") == "RUNNING" for seen in self.history)

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.words, re.IGNORECASE) is not None


def _executor_waits(sight: Sight) -> bool:
    return any(
        pod.get("phase") == "Pending"
        and re.match(r"(train|evaluate)-", pod.get("name", ""))
        and ("FailedScheduling" in "\n".join(pod.get("events", [])) or pod.get("reason") == "Unschedulable")
        for pod in sight.pods
    )


def _in_state(sight: Sight, state: str) -> bool:
    return sight.timed_out and sight.state == state


# (what to look for, cause, fix), the more certain rule first
_RULES: list[tuple[Callable[[Sight], bool], str, str]] = [
    (
        lambda s: s.state == "ABSENT" and bool(s.history),
        "somebody deleted the job while it was waited for",
        "create it again",
    ),
    (
        lambda s: s.says(r"ImagePullBackOff|ErrImagePull|Failed to pull image"),
        "a pod's image cannot be pulled",
        "check the image's name, the registry, and that the service account `default` of the Kubernetes namespace has the pull secret",
    ),
    (
        lambda s: s.says(r"model .*not exist"),
        "the job scheduler does not see the initial model file",
        (
            "is the namespace's bucket mounted at <root>/<namespace> on the scheduler's node, and was it before the pod started "
            "(mountPropagation HostToContainer)? If not, mount it and restart the scheduler"
        ),
    ),
    (
        lambda s: s.says(r"NoSuchBucket|bucket does not exist"),
        "the bucket of the FL namespace is missing",
        "add the namespace to nsfl_fl_namespaces and run playbooks/server.yml",
    ),
    (
        _executor_waits,
        "an executor pod cannot be scheduled: its node selector names no node",
        "the task manager needs env PLATFORM=k8s; without it, it takes its own host name for the node",
    ),
    (
        lambda s: s.says(r"transport endpoint is not connected"),
        "a bucket's mount died under a running pod, or on the node",
        (
            "task managers are restarted within a minute of the mount's return; if it does not return, look at nsfl-s3fs@<bucket> on the "
            "node, and run playbooks/server.yml"
        ),
    ),
    (
        lambda s: s.says(r"0\.0\.0\.0:\d+") or (s.state == "FAILED" and not s.reason and s.progress == 100 and 0 < s.seconds < 15),
        "the coordinator could not call a client back: it registered an address that is not its own (0.0.0.0)",
        "set external_address in the client's setup file to <address of the host or node>:<port>, restart the client, then the selector",
    ),
    (
        lambda s: s.says(r"no enough resource|not enough resource"),
        "a client has no free core or memory for a task",
        "ask for less in config.resource (cpu, memory in MB), or free something on the client",
    ),
    (
        lambda s: s.ran and s.says(r"module not found|HTTP 502|status.{0,4}502"),
        "the proxy does not know the job's route: it was restarted while the job ran",
        "start the job again; do not roll the proxy while jobs run",
    ),
    (
        lambda s: s.says(r"HTTP 500|status.{0,4}500") and s.ran,
        "the proxy cannot resolve the coordinator, so clients' replies are answered HTTP 500",
        "the proxy pod's resolv.conf must begin with its nameserver line, and its Lua libraries must be complete",
    ),
    (
        lambda s: _in_state(s, "STARTING") and s.says(r"\b401\b|unauthori[sz]ed"),
        "the proxy refuses the job scheduler's route: 401, their TOKEN differs",
        "both take it from one Secret; run playbooks/server.yml, which restarts what has an old one",
    ),
    (
        lambda s: _in_state(s, "STARTING") and s.says(r"\b403\b|forbidden"),
        "Kubernetes refuses the job scheduler: 403, its service account lacks rights (RBAC)",
        "run playbooks/server.yml; it makes the Role and its RoleBinding",
    ),
    (
        lambda s: s.state == "FAILED" and "Server Internal Error" in s.reason,
        "the job scheduler could not set the job up",
        "it needs TOKEN (the proxy's), and the folder <root>/<TEMP_DIR> must exist; its log says which",
    ),
    (
        lambda s: _in_state(s, "PENDING") or s.says(r"not enough registered clients"),
        "too few clients are registered at the selector",
        (
            "ask for at most as many clients as report (client_num), and look for `Register client success.` in each client's log; "
            "after a restart of the selector clients reappear within 150 s"
        ),
    ),
    (
        lambda s: _in_state(s, "QUEUING"),
        "another job keeps the scheduler busy (it starts one job at a time), or the scheduler is down",
        "list the jobs in STARTING or PENDING of every namespace; stop or delete the one that is stuck",
    ),
    (
        lambda s: _in_state(s, "STARTING"),
        "the scheduler is still trying to register the job's route or to create its Service and pod",
        "its log names the refusal: 401 is a TOKEN that the proxy does not share, 403 missing rights (RBAC), 422 a name that is too long",
    ),
    (
        lambda s: s.state == "FAILED" and s.ran and s.progress == 100,
        "no round reached its threshold: replies of the clients did not arrive within round_timeout",
        (
            "look at the clients' logs for the answer of the proxy to their TrainReply (500: name resolution, 502: route lost), "
            "and whether the coordinator reaches each client's external_address"
        ),
    ),
    (
        lambda s: _in_state(s, "RUNNING"),
        "the job runs, but longer than it was waited for",
        "raise wait_timeout, or lower max_round_num and round_timeout",
    ),
    (
        lambda s: "nothing behind this path" in s.error,
        "the API server answers, but has no job scheduler behind it: it is not ready",
        "its pod and its log say why: kubectl get pods, kubectl logs --previous",
    ),
    (
        lambda s: "no answer" in s.error,
        "the API server does not answer",
        "check its address and NodePort, and that the ingress controller runs",
    ),
]


def causes(sight: Sight) -> list[dict[str, str]]:
    """Every rule that fits, most certain first; never empty."""
    found = [{"cause": cause, "fix": fix} for fits, cause, fix in _RULES if fits(sight)]
    return found or [
        {
            "cause": "not known",
            "fix": "kubectl logs deployment/nsfl-job-scheduler, and while it runs: kubectl logs <namespace>-<id>",
        }
    ]


def explain(namespace: str, job_id: str, sight: Sight, log_lines: int = 15) -> str:
    """The whole message for a person: where it stands, why probably, what to do, then the evidence."""
    head = f"job {namespace}/{job_id} "
    head += f"did not finish in {sight.seconds:.0f} s, last state {sight.state}" if sight.timed_out else f"ended {sight.state}"
    if sight.reason:
        head += f", reason: {sight.reason}"
    lines = [head]
    if sight.error:
        lines.append(f"last error: {sight.error}")
    for number, found in enumerate(causes(sight)[:3]):
        lines.append(f"{'probable cause' if number == 0 else 'or'}: {found['cause']}; fix: {found['fix']}")
    if sight.history:
        walk = " → ".join(f"{seen['state']} ({seen['seconds']:.0f} s)" for seen in sight.history)
        lines.append(f"states: {walk}")
    for pod in sight.pods:
        lines.append(f"pod {pod.get('name')} on {pod.get('node') or 'no node'}: {pod.get('phase')} {pod.get('reason') or ''}".rstrip())
        lines += [f"  event: {event}" for event in pod.get("events", [])[-5:]]
        lines += [f"  log: {entry}" for entry in pod.get("log", [])[-log_lines:]]
    return "\n".join(lines)
