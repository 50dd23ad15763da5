# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who opens a connection to whom, as data. What is not here is refused by the network policies that `_network_policies` makes of it."""

from __future__ import annotations

from dataclasses import dataclass

# Parties that are no component. The setting of an address (`db.address`) is one, too: whoever is there.
ANYONE = "anyone"
COORDINATORS = "coordinators"
EXECUTORS = "executors"
DNS = "dns"
KUBERNETES = "kubernetes"

# Policies see a connection after Services have been resolved, and the pods of a cluster's DNS may listen elsewhere (OpenShift's at 5353).
DNS_PORTS = (53, 5353)


@dataclass(frozen=True)
class Flow:
    """`source` opens connections to `target`, at a port that is a setting or a number; without one, at any port.

    With `when`, only if none of these settings is empty or false; with `layout`, only in that one.
    """

    source: str
    target: str
    port: str | int = ""
    when: tuple[str, ...] = ()
    layout: str = ""


# Where Traefik listens in its pod.
WEB, SECURE, DATA = 8000, 8443, 8444

SERVER: tuple[Flow, ...] = (
    # Clients come through NodePorts, whose sources nobody knows beforehand: behind them stand other sites.
    Flow(ANYONE, "proxy", "proxy.grpc_port"),
    Flow(ANYONE, "proxy", "proxy.http_port", when=("proxy.external", "proxy.http_external")),
    Flow("job_scheduler", "proxy", "proxy.http_port"),
    Flow("job_scheduler", "client_selector", "client_selector.port"),
    Flow("job_scheduler", "model_manager", "model_manager.port"),
    Flow("job_scheduler", "db.address"),
    Flow("job_scheduler", KUBERNETES),
    Flow("job_scheduler", DNS),
    Flow(COORDINATORS, "job_scheduler", "job_scheduler.port"),
    Flow(COORDINATORS, "client_selector", "client_selector.port"),
    Flow("proxy", "client_selector", "client_selector.port"),
    # Each job may name a port of its own.
    Flow("proxy", COORDINATORS),
    Flow("proxy", DNS),
    Flow("model_manager", "db.address"),
    Flow("model_manager", "storage.address", when=("storage.address",), layout="hostpath"),
    Flow("model_manager", DNS),
    # Through Traefik, if at all, where the server itself is not to be seen from outside.
    Flow(ANYONE, "data_server", "data_server.port", when=("data_server.external",)),
    # Each of them mounts the bucket itself.
    *(Flow(name, "storage.backend.address", layout="s3pod") for name in ("job_scheduler", "client_selector", "model_manager", "proxy")),
    *(Flow("data_server", target, layout="s3pod") for target in ("storage.backend.address", DNS)),
    Flow("client_selector", DNS, layout="s3pod"),
)

CLIENT: tuple[Flow, ...] = (
    # Coordinators call it at the address that it announces, a NodePort.
    Flow(ANYONE, "task_manager", "task_manager.port"),
    Flow("task_manager", "task_manager.server_address"),
    Flow("task_manager", "db.address"),
    Flow("task_manager", EXECUTORS, "executor.port"),
    Flow("task_manager", KUBERNETES),
    Flow("task_manager", DNS),
    Flow("task_manager", "storage.backend.address", layout="s3pod"),
)

# The way in to job scheduler, model manager and data server, from users: an ingress controller of our own,
TRAEFIK: tuple[Flow, ...] = (
    Flow(ANYONE, "api_server", WEB, when=("api_server.plain_http",)),
    Flow(ANYONE, "api_server", SECURE, when=("api_server.tls_secret",)),
    Flow(ANYONE, "api_server", DATA, when=("data_server.https",)),
    Flow("api_server", "job_scheduler", "job_scheduler.port"),
    Flow("api_server", "model_manager", "model_manager.port"),
    Flow("api_server", "data_server", "data_server.port", when=("data_server.https",)),
    Flow("api_server", KUBERNETES),
)
# or the site's own, wherever that runs, or NodePorts.
ANOTHER_WAY_IN: tuple[Flow, ...] = (
    Flow(ANYONE, "job_scheduler", "job_scheduler.port"),
    Flow(ANYONE, "model_manager", "model_manager.port"),
)
