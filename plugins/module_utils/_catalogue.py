# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The components as data. One entry is all that a component is: a person reads it, `_render` turns it into objects.

Names of settings are paths into the settings tree, which has the shape of the guide's configuration files
(`job_scheduler.port`, `db.secret_key_ref.name`); `_settings` has the tree's defaults.
"""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.module_utils._component import (
    Address,
    Cfg,
    Component,
    Database,
    Env,
    File,
    Lit,
    Probe,
    Rule,
    Sec,
    Upper,
    Volume,
)

# Where pods find whom to trust. The components have no options for it, but libpq and boto3 read variables, and MongoDB's library a URI.
AUTHORITIES = "/etc/nsfl-ca"
DATABASE_CA = f"{AUTHORITIES}/database.crt"

DATABASE = (
    Env("DB_ADDRESS", Database()),
    Env("DB_USERNAME", Sec("db.secret_key_ref", "user_key")),
    Env("DB_PASSWORD", Sec("db.secret_key_ref", "passwd_key")),
    Env("DB_TYPE", Cfg("db.type")),
    Env("DB_NAME", Cfg("db.name")),
    Env("PGSSLMODE", Cfg("db.sslmode"), when="db.sslmode", database="postgreSQL"),
    Env("PGSSLROOTCERT", Lit(DATABASE_CA), when="db.ca", database="postgreSQL"),
)

# The contract says what the components do to the tree, and nothing of what else they write.
_ROOT = "s3fs shows the shared tree as root's, and it writes there"
_WRITES = "where it writes beside its volumes is not known"

# Exactly what the components ask for, no verb more.
_WORK_RULES = (Rule(("pods", "services"), ("create", "get", "delete")),)

JOB_SCHEDULER = Component(
    key="job_scheduler",
    image="nsfl-job-scheduler",
    ports=("port",),
    ready=Probe("port", "/api/v1/health"),
    alive=Probe("port", "/api/v1/health"),
    env=(
        *DATABASE,
        Env("DB_COLLECTION_NAME", Cfg("job_scheduler.db_collection_name")),
        Env("HTTP_PORT", Cfg("job_scheduler.port")),
        Env("SELECTOR_ADDRESS", Address("client_selector")),
        Env("K8S_ADDRESS", Cfg("k8s.address")),
        Env("PROXY_ADDRESS", Address("proxy", "http_port")),
        Env("CLOUD_OS", Lit("k8s")),
        Env("COORDINATOR_IMAGE", Cfg("coordinator.image")),
        Env("JOB_SCHEDULER_ADDRESS", Address("job_scheduler")),
        Env("TEMP_DIR", Cfg("job_scheduler.coordinator_configs_dir")),
        Env("WORKSPACE", Lit("/workspace")),
        Env("SOURCE_MOUNT_PATH", Cfg("job_scheduler.volumes.workspace.source")),
        Env("LOG_LEVEL", Cfg("others.log_level")),
        # From here on what upstream's generator leaves out: without G1 the process exits, without G2 every job fails,
        # without G5 no current cluster lets it in; G4 are settings that nobody passed on.
        Env("MODEL_MANAGER_ADDRESS", Address("model_manager")),
        Env("TOKEN", Sec("proxy.token_ref", "key")),
        Env("K8S_API_PROTOCOL", Cfg("k8s.api_protocol")),
        Env("K8S_API_TOKEN", Sec("k8s.api_token_ref", "key"), when="k8s.api_token_ref.name"),
        Env("COORDINATOR_PORT", Cfg("coordinator.port")),
        Env("GPU_RS_KEY", Cfg("k8s.gpu_rs_key")),
    ),
    volumes=(Volume("workspace", "job_scheduler.volumes.workspace.source", "/workspace"),),
    rules=_WORK_RULES,
    access="token",
    root=_ROOT,
    writes=_WRITES,
    watches=("db.password", "proxy.token"),
    trusts=("db.ca",),
)

CLIENT_SELECTOR = Component(
    key="client_selector",
    image="nsfl-selector",
    ports=("port",),
    ready=Probe("port"),
    alive=Probe("port"),
    command=(
        Lit("python3.7"),
        Lit("-m"),
        Lit("neursafe_fl.python.selector.app"),
        Lit("--config_file"),
        Lit("/nsfl/config/client_selector_setup.json"),
        # S6: the level in the file comes too late to have an effect.
        Lit("--log_level"),
        Upper("others.log_level"),
    ),
    volumes=(Volume("config-file", "client_selector.volumes.config.source", "/nsfl/config/", read_only=True),),
    # It reads one file and keeps what it knows in memory, so it needs neither root nor a file system to write to.
    watches=("client_selector.config",),
)

MODEL_MANAGER = Component(
    key="model_manager",
    image="nsfl-model-manager",
    ports=("port",),
    ready=Probe("port", "/api/v1/health"),
    alive=Probe("port", "/api/v1/health"),
    env=(
        Env("STORAGE_ENDPOINT", Cfg("storage.address"), when="storage.address"),
        Env("STORAGE_TYPE", Cfg("storage.type")),
        # G9: a tree of files needs neither an address nor keys.
        Env("ACCESS_KEY", Sec("storage.secret_key_ref", "user_key"), when="storage.address"),
        Env("SECRET_KEY", Sec("storage.secret_key_ref", "passwd_key"), when="storage.address"),
        Env("AWS_CA_BUNDLE", Lit(f"{AUTHORITIES}/storage.crt"), when="storage.ca"),
        *DATABASE,
        Env("DB_COLLECTION_NAME", Cfg("model_manager.db_collection_name")),
        Env("PORT", Cfg("model_manager.port")),
        Env("LOG_LEVEL", Cfg("others.log_level")),
        # G3: upstream's generator ignores models_dir.
        Env("MODELS_DIR", Cfg("model_manager.models_dir")),
    ),
    volumes=(Volume("workspace", "model_manager.volumes.workspace.source", "/workspace"),),
    root=_ROOT,
    writes=_WRITES,
    watches=("db.password", "storage.password"),
    trusts=("db.ca", "storage.ca"),
)

PROXY = Component(
    key="proxy",
    image="nsfl-proxy",
    ports=("grpc_port", "http_port"),
    ready=Probe("http_port", "/api/v1/health"),
    alive=Probe("grpc_port"),
    # P4: never give it JOB_SCHEDULER_ADDRESS; its init script would stop before it has found the DNS server.
    env=(Env("TOKEN", Sec("proxy.token_ref", "key")),),
    volumes=(Volume("config-file", "proxy.volumes.config.source", "/nginx/conf/", read_only=True),),
    # P1: its init script takes the DNS server from the first line of resolv.conf.
    bare_dns=True,
    # nginx starts its workers as the user that nginx.conf names, which takes these two even for root.
    capabilities=("SETGID", "SETUID"),
    root="nginx keeps its logs and temporary files below /nginx, in root's folders",
    writes="the names of those folders are built into nginx",
    watches=("proxy.config", "proxy.token"),
)

TASK_MANAGER = Component(
    key="task_manager",
    image="nsfl-client-cpu",
    ports=("port",),
    ready=Probe("port"),
    alive=Probe("port", mounts=True),
    command=(
        Lit("python3.7"),
        Lit("-m"),
        Lit("neursafe_fl.python.client.app"),
        Lit("--config_file"),
        File("task_manager.volumes.config.source", "task_manager_setup.json"),
    ),
    env=(
        *DATABASE,
        Env("DB_COLLECTION_NAME", Cfg("task_manager.db_collection_name")),
        # C2: its node list asks for plain HTTP without a token, which only the kubectl proxy in the same pod serves.
        Env("K8S_ADDRESS", Cfg("k8s.proxy_address")),
        Env("CONTAINER_EXECUTOR_IMAGE", Cfg("executor.image")),
        Env("WORKER_PORT", Cfg("executor.port")),
        Env("WORKER_HTTP_PROXY", Cfg("executor.http_proxy")),
        Env("WORKER_HTTPS_PROXY", Cfg("executor.https_proxy")),
        # C1: without it executors get a node selector that no node fulfils.
        Env("PLATFORM", Cfg("task_manager.platform")),
        Env("GPU_RS_KEY", Cfg("k8s.gpu_rs_key")),
    ),
    volumes=(
        # LMDB maps its file into memory and locks nothing, so it belongs on a local disk, where nothing is mounted later.
        Volume("lmdb", "task_manager.volumes.lmdb.source", propagate=False, kind="DirectoryOrCreate"),
        Volume("workspace", "task_manager.volumes.workspace.source"),
        Volume("datasets", "task_manager.volumes.datasets.source"),
        Volume("task-configs", "task_manager.volumes.task-configs.source"),
        Volume("config", "task_manager.volumes.config.source", read_only=True),
    ),
    rules=_WORK_RULES,
    cluster_rules=(Rule(("nodes",), ("list", "watch")),),
    access="proxy",
    root=_ROOT,
    writes=_WRITES,
    watches=("task_manager.config", "db.password"),
    trusts=("db.ca",),
)

SERVER: tuple[Component, ...] = (JOB_SCHEDULER, CLIENT_SELECTOR, MODEL_MANAGER, PROXY)
CLIENT: tuple[Component, ...] = (TASK_MANAGER,)
