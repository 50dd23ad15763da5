# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The components of the renamed successor: the same ones and a data server, with the whole shared tree in one place.

The tree is a volume claim (layout `pvc`), or a bucket that each pod mounts itself (layout `s3pod`), which takes privileged pods.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.neursafe.fl.plugins.module_utils._catalogue import (
    CLIENT,
    CLIENT_SELECTOR,
    DATABASE,
    JOB_SCHEDULER,
    MODEL_MANAGER,
    PROXY,
    SERVER,
    TASK_MANAGER,
)
from ansible_collections.neursafe.fl.plugins.module_utils._component import (
    Address,
    Cfg,
    Component,
    Env,
    Lit,
    Probe,
    Sec,
    Shared,
    Upper,
    Volume,
)

_WORKSPACE = Env("WORKSPACE", Lit("/workspace"))
_CLAIM = Volume("workspace", "", "/workspace", claim="storage.backend.pvc")
_FUSE = Volume("devfuse", "", "/dev/fuse", propagate=False, kind="CharDevice")
_STORAGE = {
    "pvc": (Env("STORAGE_TYPE", Cfg("storage.backend.type")), Env("WORKSPACE_PVC", Cfg("storage.backend.pvc"))),
    "s3pod": (
        Env("STORAGE_TYPE", Cfg("storage.backend.type")),
        Env("S3_ENDPOINT", Cfg("storage.backend.address")),
        Env("S3_ACCESS_KEY", Sec("storage.backend.secret_key_ref", "user_key")),
        Env("S3_SECRET_KEY", Sec("storage.backend.secret_key_ref", "passwd_key")),
        Env("WORKSPACE_BUCKET", Cfg("storage.backend.bucket")),
    ),
}
_CLUSTER = (
    Env("K8S_IMAGE_PULL_SECRETS", Cfg("k8s.image_pull_secret")),
    Env("GPU_RS_KEY", Cfg("k8s.gpu_rs_key")),
    Env("K8S_NAMESPACE", Cfg("k8s.work_namespace")),
)


# They read the tree at their start only.
_READ_ONCE = ("client_selector", "proxy")


def _stored(component: Component, layout: str, *forgotten: Env) -> Component:
    """With the shared tree, and last what upstream's generator forgets."""
    # None of them speaks to the object store, but for those that mount it, with an s3fs of their own.
    trusts = tuple(path for path in component.trusts if path != "storage.ca")
    stored = replace(component, env=(*component.env, *_STORAGE[layout], *forgotten), trusts=trusts)
    if layout == "s3pod":
        return replace(stored, volumes=(_FUSE,), privileged=True)
    # The claim may be a mount of the node that is made anew under the pod.
    return replace(stored, volumes=(_CLAIM,), alive=replace(stored.alive, mounts=stored.key not in _READ_ONCE))


_JOB_SCHEDULER = replace(
    JOB_SCHEDULER,
    env=(
        *DATABASE,
        Env("DB_COLLECTION_NAME", Cfg("job_scheduler.db_collection_name")),
        Env("HTTP_PORT", Cfg("job_scheduler.port")),
        Env("SELECTOR_ADDRESS", Address("client_selector")),
        Env("K8S_ADDRESS", Cfg("k8s.address")),
        Env("K8S_API_PROTOCOL", Cfg("k8s.api_protocol")),
        # Y7: the token of its own account, from a Secret; upstream writes the file's token in clear.
        Env("K8S_API_TOKEN", Sec("k8s.api_token_ref", "key"), when="k8s.api_token_ref.name"),
        _CLUSTER[0],
        Env("PROXY_ADDRESS", Address("proxy", "http_port")),
        Env("CLOUD_OS", Lit("k8s")),
        Env("COORDINATOR_IMAGE", Cfg("coordinator.image")),
        Env("JOB_SCHEDULER_ADDRESS", Address("job_scheduler")),
        Env("TEMP_DIR", Cfg("storage.coordinator_configs_dir")),
        _WORKSPACE,
        *_CLUSTER[1:],
        Env("LOG_LEVEL", Cfg("others.log_level")),
        Env("MODEL_MANAGER_ADDRESS", Address("model_manager")),
    ),
)
_MODEL_MANAGER = replace(
    MODEL_MANAGER,
    env=(
        *DATABASE,
        Env("DB_COLLECTION_NAME", Cfg("model_manager.db_collection_name")),
        Env("PORT", Cfg("model_manager.port")),
        Env("MODELS_DIR", Cfg("storage.models_dir")),
        Env("LOG_LEVEL", Cfg("others.log_level")),
    ),
)
_SELECTOR = replace(
    CLIENT_SELECTOR,
    command=(
        *(Lit("python3.7"), Lit("-m"), Lit("neursafe_fl.python.selector.app")),
        *(Lit("--config_file"), Shared("storage.selector_dir", "client_selector_setup.json")),
        *(Lit("--log_level"), Upper("others.log_level")),
    ),
)
_PROXY = replace(
    PROXY,
    env=(),
    command=(Lit("/nginx/start_nginx.sh"), Lit("/workspace"), Shared("storage.proxy_dir", "nginx.conf")),
)
_DATA_SERVER = Component(
    key="data_server",
    image="nsfl-data-server",
    ports=("port",),
    # Plain HTTP that wants an account; being there is answer enough.
    ready=Probe("port"),
    alive=Probe("port"),
    env=(
        Env("ACCESS_USER", Sec("data_server.secret_key_ref", "user_key")),
        Env("ACCESS_PASSWORD", Sec("data_server.secret_key_ref", "passwd_key")),
        Env("PORT", Cfg("data_server.port")),
        Env("LOG_LEVEL", Cfg("others.log_level")),
    ),
    root=JOB_SCHEDULER.root,
    writes=JOB_SCHEDULER.writes,
)
_TASK_MANAGER = replace(
    TASK_MANAGER,
    alive=Probe("port"),
    command=(
        *(Lit("python3.7"), Lit("-m"), Lit("neursafe_fl.python.client.app")),
        *(Lit("--config_file"), Shared("storage.task_manager_config_dir", "task_manager_setup.json")),
    ),
    env=(
        *DATABASE,
        Env("DB_COLLECTION_NAME", Cfg("task_manager.db_collection_name")),
        # Y7: through the proxy in its pod, by plain HTTP and without a token in clear.
        Env("K8S_ADDRESS", Cfg("k8s.proxy_address")),
        Env("K8S_API_PROTOCOL", Lit("http")),
        *_CLUSTER,
        Env("CONTAINER_EXECUTOR_IMAGE", Cfg("executor.image")),
        Env("WORKER_PORT", Cfg("executor.port")),
        _WORKSPACE,
        Env("WORKER_HTTP_PROXY", Cfg("executor.http_proxy")),
        Env("WORKER_HTTPS_PROXY", Cfg("executor.https_proxy")),
        Env("PERSIST_TASK_RESOURCE_USAGE", Lit("true")),
    ),
)
# Y6: one token for both sides, from a Secret in place of a public default.
_TOKEN = Env("TOKEN", Sec("proxy.token_ref", "key"))


def server_components(layout: str) -> tuple[Component, ...]:
    """The components of the server side, in any layout."""
    if layout == "hostpath":
        return (*SERVER,)
    return (
        _stored(_JOB_SCHEDULER, layout, _TOKEN, Env("COORDINATOR_PORT", Cfg("coordinator.port"))),
        _stored(_SELECTOR, layout),
        _stored(_MODEL_MANAGER, layout),
        _stored(_PROXY, layout, _TOKEN),
        _stored(_DATA_SERVER, layout),
    )


def client_components(layout: str) -> tuple[Component, ...]:
    """The components of a client, in any layout."""
    return CLIENT if layout == "hostpath" else (_stored(_TASK_MANAGER, layout),)
