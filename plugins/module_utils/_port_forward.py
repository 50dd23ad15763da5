# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP to a port of a pod that nobody outside of the cluster reaches, as `kubectl port-forward` comes there."""

from __future__ import annotations

import typing as t
from contextlib import closing
from http.client import HTTPConnection, HTTPException

try:
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.stream import portforward
except ImportError as error:
    IMPORT_PROBLEM = str(error)
else:
    IMPORT_PROBLEM = ""

_TIMEOUT = 10


class ForwardError(Exception):
    """There was no answer."""


def get(place: t.Mapping[str, t.Any], port: int, path: str, headers: t.Mapping[str, str]) -> int:
    """The status that a running pod of `namespace` with the labels `selector` answers with; raises ForwardError."""
    if IMPORT_PROBLEM:
        raise ForwardError(f"the Python that runs this module lacks the package kubernetes ({IMPORT_PROBLEM})")
    try:
        core = client.CoreV1Api(config.new_client_from_config(place["kubeconfig"], place["context"] or None))
        wanted = {"label_selector": place["selector"], "field_selector": "status.phase=Running", "_request_timeout": _TIMEOUT}
        pods = core.list_namespaced_pod(place["namespace"], **wanted).items
        if not pods:
            raise ForwardError(f"no pod with {place['selector']} runs in namespace {place['namespace']}")
        name = pods[-1].metadata.name
        tunnel = portforward(core.connect_get_namespaced_pod_portforward, name, place["namespace"], ports=str(port))
        with closing(HTTPConnection("localhost", port, timeout=_TIMEOUT)) as connection:
            connection.sock = tunnel.socket(port)
            connection.request("GET", path, headers=dict(headers))
            return connection.getresponse().status
    except (client.ApiException, ConfigException, HTTPException, OSError) as error:
        raise ForwardError(str(getattr(error, "reason", None) or error)) from error
