# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what is asked of the cluster to guard the pods, the same for all three that bring some into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem
from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree


def _ports(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, list) or not value:
        return f"{check.shown(value)} is no list of ports", "write at least one, such as [443, 6443]"
    return next((verdict for verdict in map(check.port, value) if verdict), None)


CLUSTER: dict[str, Callable[[Any], tuple[str, str] | None]] = {
    "k8s.network_policies": check.boolean,
    "k8s.kubernetes_ports": _ports,
    "k8s.pod_security": partial(check.one_of, allowed=("", "baseline", "privileged")),
}


def pod_security(tree: Tree) -> list[Problem]:
    """Folders of the nodes are forbidden from baseline on: the namespace would let no pod in."""
    if tree["layout"] != "hostpath" or tree["k8s"]["pod_security"] != "baseline":
        return []
    return [
        Problem(
            "k8s.pod_security",
            "baseline forbids the folders of the nodes that pods of this layout have",
            "write privileged, or leave it empty",
        )
    ]
