# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings read from a configuration file of the guide, as variables of an inventory. Pure."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from ansible_collections.neursafe.fl.plugins.module_utils._component_images import NAMES
from ansible_collections.neursafe.fl.plugins.module_utils._config import Config
from ansible_collections.neursafe.fl.plugins.module_utils._config_rules import value_at
from ansible_collections.neursafe.fl.plugins.module_utils._storage_names import bucket_problem

# Path in the file, variable. What several roles share goes into the shared variable, so that all of them see it.
_SERVER = (
    ("job_scheduler.service_name", "nsfl_job_scheduler_service_name"),
    ("job_scheduler.port", "nsfl_job_scheduler_port"),
    ("job_scheduler.db_collection_name", "nsfl_server_job_scheduler_db_collection_name"),
    ("job_scheduler.coordinator_configs_dir", "nsfl_server_job_scheduler_coordinator_configs_dir"),
    ("client_selector.service_name", "nsfl_server_client_selector_service_name"),
    ("client_selector.port", "nsfl_server_client_selector_port"),
    ("client_selector.volumes.config.source", "nsfl_server_selector_dir"),
    ("model_manager.service_name", "nsfl_model_manager_service_name"),
    ("model_manager.port", "nsfl_model_manager_port"),
    ("model_manager.db_collection_name", "nsfl_server_model_manager_db_collection_name"),
    ("model_manager.models_dir", "nsfl_models_bucket"),
    ("proxy.service_name", "nsfl_server_proxy_service_name"),
    ("proxy.grpc_port", "nsfl_proxy_grpc_port"),
    ("proxy.http_port", "nsfl_proxy_http_port"),
    ("proxy.external", "nsfl_server_proxy_external"),
    ("proxy.volumes.config.source", "nsfl_server_proxy_dir"),
    ("api_server.http_port", "nsfl_api_http_port"),
    ("api_server.https_port", "nsfl_api_https_port"),
    ("api_server.external", "nsfl_api_server_external"),
    ("coordinator.port", "nsfl_server_coordinator_port"),
    ("k8s.address", "nsfl_server_kubernetes_address"),
    ("k8s.api_protocol", "nsfl_server_kubernetes_protocol"),
    ("k8s.gpu_rs_key", "nsfl_server_gpu_resource_key"),
    ("k8s.namespace", "nsfl_namespace"),
    ("k8s.image_pull_secret", "nsfl_server_image_pull_secret"),
    ("storage.type", "nsfl_server_storage_type"),
    ("storage.address", "nsfl_s3_endpoint"),
    ("storage.secret_key_ref.name", "nsfl_server_storage_secret_name"),
    ("storage.secret_key_ref.user_key", "nsfl_server_storage_secret_user_key"),
    ("storage.secret_key_ref.passwd_key", "nsfl_server_storage_secret_password_key"),
    ("db.type", "nsfl_db_type"),
    ("db.address", "nsfl_db_address"),
    ("db.name", "nsfl_db_name"),
    ("db.secret_key_ref.name", "nsfl_server_database_secret_name"),
    ("db.secret_key_ref.user_key", "nsfl_server_database_secret_user_key"),
    ("db.secret_key_ref.passwd_key", "nsfl_server_database_secret_password_key"),
    ("others.log_level", "nsfl_log_level"),
)
_CLIENT = (
    ("task_manager.service_name", "nsfl_client_name"),
    ("task_manager.port", "nsfl_client_port"),
    ("task_manager.external", "nsfl_client_external"),
    ("task_manager.db_collection_name", "nsfl_client_database_collection"),
    ("task_manager.server_address", "nsfl_client_server"),
    ("task_manager.external_address", "nsfl_client_external_address"),
    ("task_manager.runtime", "nsfl_client_runtime"),
    ("task_manager.storage_quota", "nsfl_client_storage_quota"),
    ("task_manager.registration", "nsfl_client_registration"),
    ("task_manager.volumes.lmdb.source", "nsfl_client_lmdb_dir"),
    ("task_manager.volumes.workspace.source", "nsfl_client_workspace_dir"),
    ("task_manager.volumes.datasets.source", "nsfl_client_datasets_dir"),
    ("task_manager.volumes.task-configs.source", "nsfl_client_task_configs_dir"),
    ("task_manager.volumes.config.source", "nsfl_client_config_dir"),
    ("task_manager.extra_volumes", "nsfl_client_extra_volumes"),
    ("task_manager.options", "nsfl_client_options"),
    ("executor.port", "nsfl_client_executor_port"),
    ("executor.http_proxy", "nsfl_client_executor_http_proxy"),
    ("executor.https_proxy", "nsfl_client_executor_https_proxy"),
    ("k8s.gpu_rs_key", "nsfl_client_gpu_resource_key"),
    ("k8s.namespace", "nsfl_client_namespace"),
    ("k8s.image_pull_secret", "nsfl_client_image_pull_secret"),
    ("db.type", "nsfl_db_type"),
    ("db.address", "nsfl_client_database_address"),
    ("db.name", "nsfl_client_database_name"),
    ("db.secret_key_ref.name", "nsfl_client_database_secret_name"),
    ("db.secret_key_ref.user_key", "nsfl_client_database_secret_user_key"),
    ("db.secret_key_ref.passwd_key", "nsfl_client_database_secret_password_key"),
    ("others.log_level", "nsfl_client_log_level"),
)
# What only the successor's shape has.
_SERVER_2024 = (
    ("storage.models_dir", "nsfl_server_model_manager_models_dir"),
    ("storage.coordinator_configs_dir", "nsfl_server_job_scheduler_coordinator_configs_dir"),
    ("storage.backend", "nsfl_server_backend"),
    ("data_server.service_name", "nsfl_data_server_service_name"),
    ("data_server.port", "nsfl_data_server_port"),
)
# Folders that are made in the one bucket.
_IN_BUCKET = (
    ("storage.selector_dir", "nsfl_directories_selector"),
    ("storage.proxy_dir", "nsfl_directories_proxy"),
    ("storage.coordinator_configs_dir", "nsfl_directories_coordinator_configs"),
    ("storage.models_dir", "nsfl_directories_models"),
    ("storage.coordinator_configs_dir", "nsfl_verify_configs_path"),
)
# Folders that are paths below the root there, and paths of the nodes here.
_BELOW_ROOT = (
    ("storage.selector_dir", "nsfl_server_selector_dir"),
    ("storage.proxy_dir", "nsfl_server_proxy_dir"),
    ("storage.lmdb_dir", "nsfl_client_lmdb_dir"),
    ("storage.workspace_dir", "nsfl_client_workspace_dir"),
    ("storage.datasets_dir", "nsfl_client_datasets_dir"),
    ("storage.task_configs_dir", "nsfl_client_task_configs_dir"),
    ("storage.task_manager_config_dir", "nsfl_client_config_dir"),
)
_ROOT = "/mnt/neursafe_fl"
# Where the one bucket of the layout pvc is mounted.
_CLAIM_ROOT = f"{_ROOT}/nsfl"
_PARTS = ("job_scheduler", "client_selector", "model_manager", "proxy", "coordinator", "data_server")
_TABLES = {"jobs": ["namespace", "id"], "models": ["id"], "tasks": ["task_id"], "nsfl_task_metas": ["id"]}
# Folders of the server that components share, and the setting of the role that makes them in the system bucket.
_FOLDERS = {
    "nsfl_server_selector_dir": "nsfl_directories_selector",
    "nsfl_server_proxy_dir": "nsfl_directories_proxy",
    "nsfl_server_job_scheduler_coordinator_configs_dir": "nsfl_directories_coordinator_configs",
}
_SHARED_FOLDERS = ("workspace", "datasets", "task-configs", "config")


@dataclass(frozen=True)
class Variable:
    """A variable and the path in the file that it comes from."""

    name: str
    value: Any
    path: str


def config_variables(config: Config) -> list[Variable]:
    """The variables that say what the file says."""
    table = _SERVER if config.kind == "server" else _CLIENT
    plain = [Variable(name, value, path) for path, name in table if (value := value_at(config.settings, path)) is not None]
    further = _server(config.settings) if config.kind == "server" else _client(config.settings)
    return [*plain, *further, *(_2024(config) if config.shape == "2024" else ())]


def _2024(config: Config) -> Iterator[Variable]:
    tree = config.settings
    yield Variable("nsfl_layout", tree["layout"], "storage.backend.type")
    yield Variable("nsfl_root", _ROOT, "storage")
    root = _CLAIM_ROOT if tree["layout"] == "pvc" else _ROOT
    for path, name in _BELOW_ROOT:
        if (value := value_at(tree, path)) is not None:
            yield Variable(name, f"{root}/{value.strip('/')}", path)
    if config.kind == "client":
        # The key may be missing, and nobody uses it (Y16).
        if value_at(tree, "storage.lmdb_dir") is None:
            yield Variable("nsfl_client_lmdb_dir", f"{root}/client/lmdb", "storage.lmdb_dir")
        yield Variable("nsfl_client_backend", tree["storage"]["backend"], "storage.backend")
        return
    yield from (Variable(name, value_at(tree, path), path) for path, name in _SERVER_2024)
    data = {key: value for key, value in tree["data_server"].items() if key not in ("image", "options", "service_name", "port")}
    yield Variable("nsfl_server_data_server", data, "data_server")
    if tree["layout"] == "pvc":
        yield Variable("nsfl_claim", tree["storage"]["backend"]["pvc"], "storage.backend.pvc")
        yield from (Variable(name, value_at(tree, path), path) for path, name in _IN_BUCKET)
    yield Variable("nsfl_server_version", "2024", "storage.backend")
    yield Variable("nsfl_api_server_version", "2024", "storage.backend")


def _server(tree: Mapping[str, Any]) -> Iterator[Variable]:
    images = {part: value for part in _PARTS if (value := value_at(tree, f"{part}.image"))}
    registry, tag = usual_place(images)
    if tag:
        # Built or mirrored images go there under that name; what runs is then named by digest.
        yield Variable("nsfl_registry", registry, "*.image")
        yield Variable("nsfl_images_tag", tag, "*.image")
        yield Variable("nsfl_server_image_tag", tag, "*.image")
    if others := {part: image for part, image in images.items() if image != _placed_image(part, registry, tag)}:
        yield Variable("nsfl_server_images", others, "*.image")
    if options := {part: value for part in _PARTS if (value := value_at(tree, f"{part}.options"))}:
        yield Variable("nsfl_server_options", options, "*.options")
    root, models_root = (value_at(tree, f"{part}.volumes.workspace.source") for part in ("job_scheduler", "model_manager"))
    if root is not None:
        # Other roles join it with names; the job scheduler gets it as it stands in the file.
        yield Variable("nsfl_root", root.rstrip("/"), "job_scheduler.volumes.workspace.source")
        if root != root.rstrip("/"):
            yield Variable("nsfl_server_root", root, "job_scheduler.volumes.workspace.source")
        if models_root != root:
            yield Variable("nsfl_server_model_manager_root", models_root, "model_manager.volumes.workspace.source")
    names = {"jobs": value_at(tree, "job_scheduler.db_collection_name"), "models": value_at(tree, "model_manager.db_collection_name")}
    if any(table != name for table, name in names.items()):
        tables = [{"name": names.get(table, table), "unique": unique} for table, unique in _TABLES.items()]
        yield Variable("nsfl_database_tables", tables, "job_scheduler.db_collection_name, model_manager.db_collection_name")
    secret = value_at(tree, "k8s.image_pull_secret")
    if secret:
        yield Variable("nsfl_api_server_image_pull_secret", secret, "k8s.image_pull_secret")


def usual_place(images: Mapping[str, str]) -> tuple[str, str]:
    """Registry and tag under which most images have their usual names; nothing when they have others."""
    places: dict[tuple[str, str], int] = {}
    for part, image in images.items():
        registry, _slash, rest = image.rpartition("/")
        name, _colon, tag = rest.partition(":")
        if name == NAMES[part] and tag and "@" not in tag:
            places[registry, tag] = places.get((registry, tag), 0) + 1
    return max(places, key=lambda place: places[place]) if places else ("", "")


def _placed_image(part: str, registry: str, tag: str) -> str:
    return f"{registry}/{NAMES[part]}:{tag}" if registry else f"{NAMES[part]}:{tag}"


def _client(tree: Mapping[str, Any]) -> Iterator[Variable]:
    images = {"task_manager": tree["task_manager"]["image"], "executor": tree["executor"]["image"]}
    registry, _tag = usual_place(images)
    if all(image == _placed_image(part, registry, "latest") for part, image in images.items()):
        yield Variable("nsfl_client_registry", registry, "task_manager.image")
    else:
        yield Variable("nsfl_client_image", images["task_manager"], "task_manager.image")
        yield Variable("nsfl_client_executor_image", images["executor"], "executor.image")
    folders = [value_at(tree, f"task_manager.volumes.{name}.source") for name in _SHARED_FOLDERS]
    if all(folders):
        yield Variable("nsfl_client_root", os.path.commonpath(folders), "task_manager.volumes.*.source")


def placed(variables: list[Variable], system: str, mounted: list[str]) -> tuple[list[Variable], list[str]]:
    """The folders of the server, each in a bucket: where buckets are mounted, nothing else below the root is shared.

    A name that no bucket can have becomes a folder of the system bucket. `mounted` are the buckets that there are anyway.
    """
    if any(item.name == "nsfl_layout" for item in variables):
        return variables, []  # one bucket, in which all of them are folders
    root = next((item.value for item in variables if item.name == "nsfl_root"), "")
    found, notices = [], []
    extra: list[str] = []
    for item in variables:
        relative = str(item.value).removeprefix(f"{root}/")
        if item.name not in _FOLDERS or relative.startswith("/"):
            # One elsewhere is refused by the roles that write it.
            found.append(item)
            continue
        relative = relative.strip("/")
        bucket, folder = relative.split("/")[0], relative.rsplit("/", maxsplit=1)[-1]
        if not bucket_problem(bucket):
            extra += [bucket] if bucket not in (*mounted, *extra) else []
            found.append(item)
            continue
        top = f"{root}/" if str(item.value).startswith("/") else ""
        found.append(Variable(item.name, f"{top}{system}/{folder}", item.path))
        found.append(Variable(_FOLDERS[item.name], folder, item.path))
        notices.append(f"{item.path}: no bucket can be called {bucket}, and only buckets are shared; it is the folder {system}/{folder}")
    return [*found, *([Variable("nsfl_extra_buckets", extra, "*.volumes.config.source")] if extra else [])], notices


def as_inventory(variables: list[Variable], kind: str, source: str) -> str:
    """The variables as a file for an inventory."""
    where = {
        "server": "Put it beside your inventory as group_vars/all/server.yml.",
        "client": "It is for localhost and the group nsfl_nodes, not for standalone clients.",
    }
    lines = [f"# What {os.path.basename(source)} says, as variables. {where[kind]}", "---"]
    for variable in variables:
        # Plain values: what comes from an inventory carries marks that a YAML dumper does not know.
        value = json.loads(json.dumps(variable.value))
        text = yaml.dump({variable.name: value}, Dumper=_Inventory, sort_keys=False, width=1000, allow_unicode=True).rstrip("\n")
        lines.append(f"# {variable.path}\n{text}" if "\n" in text else f"{text} # {variable.path}")
    return "\n".join(lines) + "\n"


class _Inventory(yaml.SafeDumper):
    """As yamllint wants it; and a text that Ansible would take for a template is kept from it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    if "{{" in value or "{%" in value:
        return dumper.represent_scalar("!unsafe", value, style="'")
    return dumper.represent_str(value)


_Inventory.add_representer(str, _text)
