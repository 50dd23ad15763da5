# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the environment that a component demands or knows a default for."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable

DEFAULTS = {
    "CLUSTER_HEART": "600",
    "CLUSTER_LABEL_KEY": "kubernetes.io/cluster_id",
    "COORDINATOR_HEARTBEAT_TIMEOUT": "20",
    "COORDINATOR_PORT": "50051",
    "COORDINATOR_QUERY_INTERVAL": "1",
    "COORDINATOR_WORKSPACE_PATH": "/fl",
    "DB_RETRY_INTERVAL": "1",
    "DEFAULT_CLIENT_NUM": "1",
    "DEPLOYMENT_WAY": "cloud",
    "GPU_RS_KEY": "nvidia.com/gpu",
    "HEARTBEAT_TIMEOUT": "10",
    "K8S_API_PROTOCOL": "http",
    "K8S_API_TOKEN": "",
    "K8S_NAMESPACE": "default",
    "MAX_RETRY_TIMES": "30",
    "MODELS_DIR": "models",
    "PLATFORM": "linux",
    "REPORT_HEARTBEAT": "150",
    "REPORT_PERIOD": "10",
    "RESOURCE_CHECK_MAX_TIMES": "600",
    "RETRY_TIMEOUT": "10",
    "RETRY_TIMES": "3",
    "SINGLE_HEART": "300",
    "STORAGE_TYPE": "posix",
    "WAIT_WORKER_FINISHED_TIMEOUT": "300",
    "WORKSPACE": "/workspace",
}


def env(name: str) -> str:
    return os.environ.get(name, DEFAULTS.get(name, ""))


def env_int(name: str) -> int:
    return int(env(name))


def demand(names: Iterable[str]) -> None:
    """End the process unless every name is set; an empty value counts as missing."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        logging.error("Env: %s not configure", ", ".join(missing))
        sys.exit(1)
