# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings tree: the guide's configuration files completed with their defaults, and paths into it."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]

# Of the name of a second Service, for the ports that are to be seen from outside.
EXTERNAL = "-external"

# Small requests, and limits that only a component in trouble meets: whole models pass through some of them.
_SMALL: Tree = {"requests": {"cpu": "25m", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "4Gi"}}

# How the cluster guards the pods: where the Kubernetes API is and which addresses are nodes, for network policies, and the Pod Security
# level that it enforces in a namespace that we make.
GUARDS: Tree = {"network_policies": True, "kubernetes_ports": [443, 6443], "nodes": [], "pod_security": ""}

# `ca`: the authority, as PEM, of a service that is known by one of its own; `sslmode`: in the words of PostgreSQL's library.
_DB: Tree = {"type": "postgreSQL", "address": "", "name": "neursafe_fl", "username": "", "password": "", "sslmode": "", "ca": ""}

_K8S: Tree = {
    "namespace": "default",
    # Coordinators and executors are created here; upstream's code has the name built in.
    "work_namespace": "default",
    "image_pull_secret": "registry-secret",
    "gpu_rs_key": "nvidia.com/gpu",
    "cluster_domain": "cluster.local",
    **GUARDS,
}

SERVER_DEFAULTS: Tree = {
    "instance": "neursafe-fl-server",
    "version": "2022",
    "job_scheduler": {
        "service_name": "nsfl-job-scheduler",
        "port": 8088,
        "db_collection_name": "jobs",
        "coordinator_configs_dir": "nsfl-system/coordinator_configs",
        "image": "",
        "volumes": {"workspace": {"source": "/mnt/neursafe_fl"}},
        "options": {},
        "resources": _SMALL,
        "patch": {},
    },
    "client_selector": {
        "service_name": "nsfl-client-selector",
        "port": 50055,
        "image": "",
        "volumes": {"config": {"source": "/mnt/neursafe_fl/nsfl-system/selector"}},
        "setup": {},
        "config": "",
        "options": {},
        "resources": _SMALL,
        "patch": {},
    },
    "model_manager": {
        "service_name": "nsfl-model-manager",
        "port": 50057,
        "db_collection_name": "models",
        "models_dir": "models",
        "image": "",
        "volumes": {"workspace": {"source": "/mnt/neursafe_fl"}},
        "options": {},
        "resources": _SMALL,
        "patch": {},
    },
    "proxy": {
        "service_name": "nsfl-proxy",
        "grpc_port": 30091,
        "http_port": 30092,
        "external": True,
        "http_external": False,
        "image": "",
        "volumes": {"config": {"source": "/mnt/neursafe_fl/nsfl-system/proxy"}},
        "config": "",
        "log_level": "warn",
        "token": "",
        "token_ref": {"name": "nsfl-proxy-token", "key": "token"},
        "options": {},
        "resources": _SMALL,
        "patch": {},
    },
    "coordinator": {"image": "", "port": 50051},
    "k8s": {
        **_K8S,
        "create_namespace": True,
        "address": "kubernetes.default.svc:443",
        "api_protocol": "https",
        # Left empty, the name follows the job scheduler's (with https; plain http carries no token).
        "api_token_ref": {"name": "", "key": "token"},
        "cluster_dns": "",
    },
    "storage": {
        "type": "posix",
        "address": "",
        "ca": "",
        "username": "",
        "password": "",
        "secret_key_ref": {"name": "miniosecret", "user_key": "username", "passwd_key": "password"},
    },
    "db": {**_DB, "secret_key_ref": {"name": "pgsecret", "user_key": "username", "passwd_key": "password"}},
    "others": {"log_level": "info"},
}

# What the layouts pvc and s3pod have beside it (shape 2024).
_BACKEND: Tree = {
    "type": "posix",
    "address": "",
    "bucket": "",
    "pvc": "",
    "secret_key_ref": {"name": "", "user_key": "username", "passwd_key": "password"},
}
SERVER_DEFAULTS_2024: Tree = {
    **SERVER_DEFAULTS,
    "version": "2024",
    "data_server": {
        "service_name": "nsfl-data-server",
        "port": 30088,
        "external": True,
        "image": "",
        "username": "",
        "password": "",
        "secret_key_ref": {"name": "data-server-secret", "user_key": "username", "passwd_key": "password"},
        "options": {},
        "resources": _SMALL,
        "patch": {},
    },
    "storage": {
        **SERVER_DEFAULTS["storage"],
        "models_dir": "system/models",
        "selector_dir": "system/selector",
        "proxy_dir": "system/proxy",
        "coordinator_configs_dir": "system/coordinator_configs",
        "backend": _BACKEND,
        # Whether volume and claim are made, and the folder of the nodes that they are.
        "claim": {"create": False, "path": ""},
    },
}

CLIENT_DEFAULTS: Tree = {
    "instance": "",
    "version": "2022",
    "task_manager": {
        "service_name": "nsfl-task-manager",
        "port": 30090,
        "external": True,
        "db_collection_name": "tasks",
        "image": "",
        "server_address": "",
        "external_address": "",
        "runtime": ["tensorflow"],
        "storage_quota": 1024,
        "registration": True,
        "platform": "k8s",
        "volumes": {
            "lmdb": {"source": "/mnt/neursafe_fl/lmdb"},
            "workspace": {"source": "/mnt/neursafe_fl/workspace"},
            "datasets": {"source": "/mnt/neursafe_fl/datasets"},
            "task-configs": {"source": "/mnt/neursafe_fl/task_configs"},
            "config": {"source": "/mnt/neursafe_fl/config"},
        },
        "extra_volumes": [],
        "setup": {},
        "config": "",
        "options": {},
        "resources": _SMALL,
        "patch": {},
    },
    "executor": {"image": "", "port": 8050, "http_proxy": "", "https_proxy": ""},
    "k8s": {**_K8S, "create_namespace": True, "kubectl_image": "", "kubectl_port": 8001},
    "db": {
        **_DB,
        "secret_key_ref": {"name": "nsfl-task-manager-database", "user_key": "username", "passwd_key": "password"},
    },
    "others": {"log_level": "info"},
}

CLIENT_DEFAULTS_2024: Tree = {
    **CLIENT_DEFAULTS,
    "version": "2024",
    "storage": {
        "lmdb_dir": "client/lmdb",
        "workspace_dir": "client/workspace",
        "datasets_dir": "client/datasets",
        "task_configs_dir": "client/task_configs",
        "task_manager_config_dir": "client/config",
        "backend": _BACKEND,
    },
}

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

# Values of these settings are the user's own maps: nothing is filled in below them.
_WHOLE = {"options", "resources", "patch", "setup"}


def completed(given: Tree, defaults: Tree) -> Tree:
    """`given` over `defaults`; a null counts as not given. Neither argument is changed."""
    tree: Tree = {}
    for key in [*defaults, *(name for name in given if name not in defaults)]:
        value, default = given.get(key), defaults.get(key)
        if isinstance(default, dict) and key not in _WHOLE:
            tree[key] = completed(value if isinstance(value, dict) else {}, default)
        else:
            tree[key] = default if value is None else coerced(value, default)
    return tree


def coerced(value: Any, default: Any) -> Any:
    """A number or a boolean in quotes (`-e port=30095`) is what it says; whatever else stays for the checks to refuse."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if isinstance(default, bool) and text in _WORDS:
        return _WORDS[text]
    if isinstance(default, int) and not isinstance(default, bool) and text.isdecimal():
        return int(text)
    return value


def _completed(given: Tree, hostpath: Tree, other: Tree) -> Tree:
    """The layout chooses the defaults. Beyond `hostpath`, coordinators and executors live where the components do."""
    layout = given.get("layout") or "hostpath"
    tree = {**completed(given, hostpath if layout == "hostpath" else other), "layout": layout}
    if layout != "hostpath":
        tree["k8s"]["work_namespace"] = tree["k8s"]["namespace"]
    return tree


def server_settings(given: Tree) -> Tree:
    """The server's settings with every default in place."""
    tree = _completed(given, SERVER_DEFAULTS, SERVER_DEFAULTS_2024)
    reference = tree["k8s"]["api_token_ref"]
    if not reference["name"] and tree["k8s"]["api_protocol"] == "https":
        reference["name"] = f"{tree['job_scheduler']['service_name']}-token"
    return tree


def client_settings(given: Tree) -> Tree:
    """The client site's settings with every default in place."""
    tree = _completed(given, CLIENT_DEFAULTS, CLIENT_DEFAULTS_2024)
    manager = tree["task_manager"]
    tree["instance"] = tree["instance"] or manager["service_name"]
    tree["executor"]["image"] = tree["executor"]["image"] or manager["image"]
    tree["k8s"]["proxy_address"] = f"127.0.0.1:{tree['k8s']['kubectl_port']}"
    return tree


def lookup(tree: Tree, path: str) -> Any:
    """The value at a dotted path; a path that is not there is a mistake of ours, so it raises."""
    value: Any = tree
    for part in path.split("."):
        value = value[part]
    return value
