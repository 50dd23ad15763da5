# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the lock of a run, and leaves a process behind that keeps it for as long as ansible-playbook lives."""

from __future__ import annotations

import getpass
import os
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._run_lock import (
    FileStore,
    Holder,
    LeaseStore,
    LockHeldError,
    Store,
    begun,
    release,
    renew,
    take,
)
from ansible_collections.neursafe.fl.plugins.plugin_utils._beside import leave_behind, while_alive

_FOLDER = Path("~/.cache/neursafe-fl/locks")
_RENEWED_EVERY = 15.0


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        del tmp
        _spec, args = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "namespace": {"type": "str", "default": "default"},
                "kubeconfig": {"type": "path"},
                "context": {"type": "str"},
            }
        )
        result["changed"] = False
        if self._task.check_mode:
            return result
        process = os.getppid()  # of the worker that this is
        me = Holder(
            who=getpass.getuser(),
            controller=socket.gethostname(),
            process=process,
            begun=begun(process),
            playbook=_playbook(),
            since=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        try:
            if take(_store(args), me):
                leave_behind(lambda: _keep(args, me))
        except LockHeldError as error:
            raise AnsibleActionFail(str(error)) from error
        except KubeError as error:
            if error.status in (0, 400, 401, 422):  # no answer, or a wrong name: the preflight tells of it, with all else that is wrong
                return result
            raise AnsibleActionFail(_refused(error, args["namespace"])) from error
        return result


def _playbook() -> str:
    """The playbooks that the user has named."""
    return ", ".join(Path(name).name for name in context.CLIARGS.get("args", ())) or Path(sys.argv[0]).name


def _store(args: dict[str, Any]) -> Store:
    try:
        return LeaseStore(Kube(args["kubeconfig"], args["context"], timeout=5.0), args["namespace"], args["name"])
    except KubeError:  # no kubeconfig: a site without a cluster
        return FileStore(_FOLDER.expanduser() / args["name"])


def _refused(error: KubeError, namespace: str) -> str:
    if error.status == 404:
        return f"nsfl_lock_namespace: there is no namespace {namespace}; name one that is there, it is for the lock of a run only"
    return (
        f"nsfl_lock_namespace: the lock of a run cannot be had in namespace {namespace} ({error}); let the kubeconfig's user get, create, "
        f"update and delete leases of coordination.k8s.io there, or name another namespace"
    )


def _keep(args: dict[str, Any], me: Holder) -> None:
    store, renewed = _store(args), time.monotonic()
    for _turn in while_alive(me.process, me.begun):
        if time.monotonic() - renewed < _RENEWED_EVERY:
            continue
        try:
            if not renew(store, me):
                return
            renewed = time.monotonic()
        except KubeError:  # away for a moment; the next look tries again
            continue
    release(store, me)
