# SPDX-License-Identifier: Apache-2.0
"""The table of docs/security.md for the platforms that run in the lab: who reaches which end, and nobody else does."""

from __future__ import annotations

from reach import FREE, Platform

PORTS = {"job-scheduler": 8088, "client-selector": 50055, "model-manager": 50057, "api-server": 8443}

# Database, object store and server are at addresses of nodes, so of those only the port counts.
BOTH: dict[str, set[str]] = {
    "proxy": {*FREE, "task-manager"},
    "proxy by HTTP": {"job-scheduler"},
    "client-selector": {"job-scheduler", "proxy", "coordinator"},
    "job-scheduler": {"coordinator", "api-server"},
    "model-manager": {"job-scheduler", "api-server"},
    "api-server": {*FREE},
    "task-manager": {*FREE},
    "coordinator": {*FREE, "proxy"},
    "coordinator, another port": {*FREE, "proxy"},
    "executor": {*FREE, "task-manager"},
    "executor, another port": {*FREE},
    "database": {*FREE, "job-scheduler", "model-manager", "task-manager"},
    "registry": {*FREE},
    "Kubernetes": {*FREE, "job-scheduler", "task-manager", "api-server"},
    "DNS by TCP": {*FREE, "job-scheduler", "model-manager", "proxy", "task-manager"},
    "DNS by UDP": {*FREE, "job-scheduler", "model-manager", "proxy", "task-manager"},
}


def _platform(
    components: dict[str, int], further: dict[str, tuple[str, int]], table: dict[str, set[str]], namespace: str, database: int
) -> Platform:
    """kube-router keeps both directions of a policy in one chain, so a second pod of a component reaches what that lets anyone in at.

    Policies do not mean that, and components have one pod.
    """
    components = {**PORTS, **components}
    owner = {**{name: name for name in components}, **{end: name for end, (name, _port) in further.items()}}
    twins = {end: {*who, owner[end]} if end in owner and who >= FREE else who for end, who in {**BOTH, **table}.items()}
    return Platform(namespace, components, further, database, twins)


GUIDES = _platform(
    {"proxy": 30091, "task-manager": 30090},
    {"proxy by HTTP": ("proxy", 30092)},
    {"object store": {*FREE, "model-manager"}},
    "default",
    5432,
)
# The tree is a mounted claim there, so nobody asks the object store; and the data server is Traefik's alone.
CLAIM = _platform(
    {"proxy": 30191, "task-manager": 30190, "data-server": 30188},
    {"proxy by HTTP": ("proxy", 30192), "api-server, for files": ("api-server", 8444)},
    {"object store": {*FREE}, "data-server": {"api-server"}, "api-server, for files": {*FREE}},
    "fl",
    27017,
)
