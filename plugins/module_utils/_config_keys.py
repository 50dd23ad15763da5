# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every key of the guide's configuration files, as data: 2022 is the guide's own shape, 2024 its renamed successor's.

Paths are those of the settings tree (`_settings`) too, so a file becomes settings by being checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Key:
    """`kind` names the check in `_config_values`; `example` is what the guide says."""

    path: str
    kind: str
    example: Any
    required: bool = True
    spellings: tuple[str, ...] = ()
    # Why it has no effect here, where it is known and harmless.
    unused: str = ""


def _optional(path: str, kind: str, example: Any, *spellings: str, unused: str = "") -> Key:
    return Key(path, kind, example, False, spellings, unused)


def _secret(path: str, name: str, required: bool = True) -> tuple[Key, ...]:
    return (
        Key(f"{path}.name", "secret", name, required),
        Key(f"{path}.user_key", "secret key", "username", required),
        Key(f"{path}.passwd_key", "secret key", "password", required),
    )


_DATABASE = (
    Key("db.type", "database type", "postgreSQL"),
    Key("db.address", "database address", "10.67.134.32:12202"),
    Key("db.name", "database", "neursafe_fl"),
    *_secret("db.secret_key_ref", "pgsecret"),
)
_CLUSTER = (
    Key("k8s.address", "host:port", "10.67.134.15:6443"),
    # The guide spells it in three ways, and its generator reads none of them (G4).
    _optional("k8s.gpu_rs_key", "resource", "nvidia.com/gpu", "k8s.GPU_RS_KEY", "k8s.gpu_res_key"),
    _optional("k8s.namespace", "namespace", "default"),
    _optional("k8s.image_pull_secret", "secret", "registry-secret"),
    _optional("k8s.api_protocol", "protocol", "https"),
)
_OTHERS = (Key("others.log_level", "log level", "info"),)
_OWN_ACCOUNT = "the component has an account of its own in Kubernetes, and no token in clear (Y7)"
_TOKEN = _optional("k8s.api_token", "text", "", unused=_OWN_ACCOUNT)

# What both shapes of the server's file have in common.
_SERVER = (
    Key("job_scheduler.service_name", "service", "nsfl-job-scheduler"),
    Key("job_scheduler.port", "port", 8088),
    Key("job_scheduler.db_collection_name", "table", "jobs"),
    Key("job_scheduler.image", "image", "nsfl-job-scheduler:latest"),
    _optional("job_scheduler.options", "environment", {}),
    Key("client_selector.service_name", "service", "nsfl-client-selector"),
    Key("client_selector.port", "high port", 50055),
    Key("client_selector.image", "image", "nsfl-selector:latest"),
    _optional("client_selector.options", "environment", {}),
    Key("model_manager.service_name", "service", "nsfl-model-manager"),
    Key("model_manager.port", "port", 50057),
    Key("model_manager.db_collection_name", "table", "models"),
    Key("model_manager.image", "image", "nsfl-model-manager:latest"),
    _optional("model_manager.options", "environment", {}),
    Key("proxy.service_name", "service", "nsfl-proxy"),
    Key("proxy.grpc_port", "port", 30091),
    Key("proxy.http_port", "port", 30092),
    Key("proxy.external", "boolean", True),
    Key("proxy.image", "image", "nsfl-proxy:latest"),
    _optional("proxy.options", "environment", {}),
    Key("api_server.http_port", "port", 30083),
    Key("api_server.https_port", "port", 30084),
    _optional("api_server.external", "boolean", True),
    Key("coordinator.image", "image", "nsfl-coordinator:latest"),
    _optional("coordinator.port", "port", 50051),
    *_CLUSTER,
    *_DATABASE,
    *_OTHERS,
)
_CLIENT = (
    Key("task_manager.service_name", "service", "nsfl-task-manager"),
    Key("task_manager.port", "port", 30090),
    Key("task_manager.external", "boolean", True),
    Key("task_manager.db_collection_name", "table", "tasks"),
    Key("task_manager.image", "image", "nsfl-client-cpu:latest"),
    Key("task_manager.server_address", "host:port", "10.67.134.15:30091"),
    Key("task_manager.runtime", "runtimes", "tensorflow,pytorch"),
    Key("task_manager.storage_quota", "megabytes", 1024),
    Key("task_manager.registration", "word", "True"),
    # G10: absent from the guide's own sample.
    _optional("task_manager.platform", "platform", "k8s"),
    _optional("task_manager.options", "environment", {}),
    Key("executor.image", "image", "nsfl-client-cpu:latest"),
    Key("executor.port", "port", 8050),
    _optional("executor.http_proxy", "text", ""),
    _optional("executor.https_proxy", "text", ""),
    *_CLUSTER,
    *_DATABASE,
    *_OTHERS,
)

SERVER_2022 = (
    *_SERVER,
    Key("job_scheduler.coordinator_configs_dir", "folder", "coordinator_configs"),
    Key("job_scheduler.volumes.workspace.source", "absolute path", "/mnt/neursafe_fl"),
    Key("client_selector.volumes.config.source", "absolute path", "/mnt/neursafe_fl/selector/"),
    _optional("model_manager.models_dir", "folder", "models"),
    Key("model_manager.volumes.workspace.source", "absolute path", "/mnt/neursafe_fl/"),
    Key("proxy.volumes.config.source", "absolute path", "/mnt/neursafe_fl/proxy/"),
    Key("storage.type", "storage type", "s3"),
    # Demanded below, and for s3 only (G9).
    _optional("storage.address", "url", "http://10.67.134.15:9000"),
    *_secret("storage.secret_key_ref", "miniosecret", required=False),
)
CLIENT_2022 = (
    *_CLIENT,
    Key("task_manager.volumes.lmdb.source", "absolute path", "/mnt/neursafe_fl/lmdb"),
    Key("task_manager.volumes.workspace.source", "absolute path", "/mnt/neursafe_fl/workspace"),
    Key("task_manager.volumes.datasets.source", "absolute path", "/mnt/neursafe_fl/datasets"),
    Key(
        "task_manager.volumes.task-configs.source",
        "absolute path",
        "/mnt/neursafe_fl/task_configs",
        spellings=("task_manager.volumes.task_configs.source",),
    ),
    Key("task_manager.volumes.config.source", "absolute path", "/mnt/neursafe_fl/config/"),
)

_BACKEND = (
    Key("storage.backend.type", "storage type", "s3"),
    # Which of these are needed follows from the type.
    _optional("storage.backend.address", "url", "http://10.67.134.15:9000"),
    _optional("storage.backend.bucket", "bucket", "nsfl"),
    *_secret("storage.backend.secret_key_ref", "miniosecret", required=False),
    _optional("storage.backend.pvc", "secret", "nsfl-pvc"),
)
SERVER_2024 = (
    *_SERVER,
    _optional("job_scheduler.coordinator_configs_dir", "text", "", unused="storage.coordinator_configs_dir takes its place"),
    Key("data_server.service_name", "service", "nsfl-data-server"),
    Key("data_server.port", "port", 30088),
    _optional("data_server.external", "boolean", True),
    Key("data_server.image", "image", "nsfl-data-server:latest"),
    *_secret("data_server.secret_key_ref", "data-server-secret"),
    _optional("data_server.options", "environment", {}),
    Key("storage.models_dir", "folder", "models"),
    Key("storage.selector_dir", "folder", "selector"),
    Key("storage.proxy_dir", "folder", "proxy"),
    Key("storage.coordinator_configs_dir", "folder", "coordinator_configs"),
    *_BACKEND,
    _TOKEN,
)
CLIENT_2024 = (
    *_CLIENT,
    Key("task_manager.service_ip", "host", "10.67.134.15"),
    # Y16: asked for, and used by nobody.
    _optional("storage.lmdb_dir", "folder", "client/lmdb"),
    Key("storage.workspace_dir", "folder", "client/workspace"),
    Key("storage.datasets_dir", "folder", "client/datasets"),
    Key("storage.task_configs_dir", "folder", "client/task_configs"),
    Key("storage.task_manager_config_dir", "folder", "client/config"),
    *_BACKEND,
    _TOKEN,
)

TABLES: dict[tuple[str, str], tuple[Key, ...]] = {
    ("server", "2022"): SERVER_2022,
    ("server", "2024"): SERVER_2024,
    ("client", "2022"): CLIENT_2022,
    ("client", "2024"): CLIENT_2024,
}
