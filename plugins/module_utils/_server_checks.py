# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is wrong with the server's settings, at once and without a cluster."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._catalogue import SERVER
from ansible_collections.neursafe.fl.plugins.module_utils._catalogue_2024 import server_components
from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem
from ansible_collections.neursafe.fl.plugins.module_utils._cluster_checks import CLUSTER, pod_security
from ansible_collections.neursafe.fl.plugins.module_utils._patch import patches_problem
from ansible_collections.neursafe.fl.plugins.module_utils._quantities import resources_problem
from ansible_collections.neursafe.fl.plugins.module_utils._settings import EXTERNAL, Tree, lookup, server_settings

Check = Callable[[Any], "tuple[str, str] | None"]

# Where a variable's name is not the path joined by underscores.
_NAMES = {
    "job_scheduler.volumes.workspace.source": "nsfl_server_root",
    "model_manager.volumes.workspace.source": "nsfl_server_model_manager_root",
    "client_selector.volumes.config.source": "nsfl_server_selector_dir",
    "proxy.volumes.config.source": "nsfl_server_proxy_dir",
    "client_selector.setup": "nsfl_server_client_selector_setup",
    "k8s.namespace": "nsfl_server_namespace",
    "k8s.create_namespace": "nsfl_server_create_namespace",
    "k8s.address": "nsfl_server_kubernetes_address",
    "k8s.api_protocol": "nsfl_server_kubernetes_protocol",
    "k8s.cluster_dns": "nsfl_server_cluster_dns",
    "k8s.cluster_domain": "nsfl_server_cluster_domain",
    "k8s.image_pull_secret": "nsfl_server_image_pull_secret",
    "k8s.gpu_rs_key": "nsfl_server_gpu_resource_key",
    "k8s.network_policies": "nsfl_server_network_policies",
    "k8s.kubernetes_ports": "nsfl_server_kubernetes_ports",
    "k8s.pod_security": "nsfl_server_pod_security",
    "others.log_level": "nsfl_server_log_level",
    "proxy.token": "nsfl_server_proxy_token",
    "storage.models_dir": "nsfl_server_model_manager_models_dir",
    "storage.selector_dir": "nsfl_server_selector_dir",
    "storage.proxy_dir": "nsfl_server_proxy_dir",
    "storage.coordinator_configs_dir": "nsfl_server_job_scheduler_coordinator_configs_dir",
    "storage.claim.create": "nsfl_server_create_claim",
    "storage.claim.path": "nsfl_server_root",
    "data_server.port": "nsfl_server_data_server_port",
    "data_server.username": "nsfl_server_data_server_username",
    "data_server.password": "nsfl_server_data_server_password",
}
# The same of the references to Secrets.
_REFERENCES = {
    "_secret_key_ref_name": "_secret_name",
    "_secret_key_ref_user_key": "_secret_user_key",
    "_secret_key_ref_passwd_key": "_secret_password_key",
    "_token_ref_name": "_token_secret_name",
}

_ALWAYS: dict[str, Check] = {
    "job_scheduler.port": check.port,
    "job_scheduler.db_collection_name": check.table,
    "job_scheduler.coordinator_configs_dir": check.relative_path,
    "job_scheduler.volumes.workspace.source": check.absolute_path,
    "client_selector.port": partial(check.port, lowest=1024),
    "client_selector.volumes.config.source": check.absolute_path,
    "client_selector.setup": check.mapping,
    "model_manager.port": check.port,
    "model_manager.db_collection_name": check.table,
    "model_manager.models_dir": check.relative_path,
    "model_manager.volumes.workspace.source": check.absolute_path,
    "proxy.external": check.boolean,
    "proxy.http_external": check.boolean,
    "proxy.volumes.config.source": check.absolute_path,
    "proxy.log_level": partial(check.one_of, allowed=check.NGINX_LEVELS),
    "coordinator.port": check.port,
    "instance": check.label_value,
    "version": check.label_value,
    "k8s.namespace": check.label,
    "k8s.create_namespace": check.boolean,
    "k8s.gpu_rs_key": check.resource,
    "k8s.cluster_domain": check.domain,
    "k8s.address": check.host_port,
    "k8s.api_protocol": partial(check.one_of, allowed=("https", "http")),
    "storage.type": partial(check.one_of, allowed=("posix", "s3")),
    "db.type": partial(check.one_of, allowed=("postgreSQL", "mongo")),
    "db.name": check.database,
    "others.log_level": check.log_level,
    **CLUSTER,
}
_WHEN_GIVEN: dict[str, Check] = {
    "k8s.cluster_dns": check.ipv4,
    "k8s.image_pull_secret": check.domain,
    "storage.address": check.url,
    "proxy.token": check.printable,
}
_LONGEST_SERVICE = 63
_NAME_OF_SECRET = ("db.secret_key_ref.name", "storage.secret_key_ref.name", "proxy.token_ref.name")


def server_problems(settings: Tree) -> list[str]:
    """One sentence for each problem: setting, what is wrong, how to mend it."""
    return [f"{variable(item.path)}: {item.what}; {item.fix}" for item in check_server(settings)]


def variable(path: str) -> str:
    """The role's variable that a path of the settings comes from."""
    own_map = path.startswith(("data_server.", "storage.backend.")) and path not in _NAMES
    if own_map and path.split(".")[-1] not in ("options", "patch", "image", "resources"):
        return "nsfl_server_" + path.removeprefix("storage.")
    fixed = _NAMES.get(path) or "nsfl_server_" + path.replace("db.", "database.", 1).replace(".", "_")
    for part in ("options", "patch", "image", "resources"):
        if path.endswith(f".{part}"):
            plural = {"patch": "patches", "image": "images"}.get(part, part)
            return f"nsfl_server_{plural}.{path.split('.')[0]}"
    for long, short in _REFERENCES.items():
        fixed = fixed.replace(long, short)
    return fixed


def check_server(settings: Tree) -> list[Problem]:
    """All problems, by path."""
    verdict = check.layout(settings.get("layout") or "hostpath")
    if verdict:
        return [Problem("layout", *verdict)]
    tree = server_settings(settings)
    problems = _by_table(tree, _ALWAYS, False) + _by_table(tree, _WHEN_GIVEN, True)
    problems += _by_table(tree, dict.fromkeys(_NAME_OF_SECRET, check.domain), False)
    for component in server_components(tree["layout"]):
        checks: dict[str, Check] = {
            "service_name": check.service_name,
            "image": check.image,
            "options": check.environment,
            "resources": resources_problem,
            "patch": patches_problem,
        }
        problems += _by_table(tree, {f"{component.key}.{name}": function for name, function in checks.items()}, False)
    problems += _by_table(tree, {"coordinator.image": check.image}, False)
    problems += pod_security(tree)
    return problems + _ports(tree) + _names(tree) + _backends(tree) + _layout(tree)


def _layout(tree: Tree) -> list[Problem]:
    """What only the layouts pvc and s3pod have."""
    if tree["layout"] == "hostpath":
        return []
    data, verdicts = tree["data_server"], check.shared_tree(tree["storage"], tree["layout"])
    verdicts["data_server.port"] = check.node_port(data["port"]) if data["external"] is True else check.port(data["port"])
    verdicts["data_server.external"] = check.boolean(data["external"])
    verdicts["data_server.secret_key_ref.name"] = check.domain(data["secret_key_ref"]["name"])
    if data["port"] in (tree["proxy"]["grpc_port"], tree["proxy"]["http_port"]):
        verdicts["data_server.port"] = f"{data['port']} is a port of the proxy too", "choose another one"
    if tree["layout"] == "pvc":
        claim = tree["storage"]["claim"]
        verdicts["storage.claim.create"] = check.boolean(claim["create"])
        verdicts["storage.claim.path"] = check.absolute_path(claim["path"]) if claim["create"] is True else None
    return [Problem(path, *verdict) for path, verdict in verdicts.items() if verdict]


def _by_table(tree: Tree, table: dict[str, Check], optional: bool) -> list[Problem]:
    found = []
    for path, function in table.items():
        value = lookup(tree, path)
        verdict = None if optional and value == "" else function(value)
        if verdict:
            found.append(Problem(path, *verdict))
    return found


def _ports(tree: Tree) -> list[Problem]:
    """The proxy's two ports are Service ports and NodePorts at once."""
    proxy, found = tree["proxy"], []
    exposed = {"grpc_port": proxy["external"] is True, "http_port": proxy["external"] is True and proxy["http_external"] is True}
    for name, external in exposed.items():
        verdict = check.node_port(proxy[name]) if external else check.port(proxy[name])
        if verdict:
            found.append(Problem(f"proxy.{name}", *verdict))
    if proxy["grpc_port"] == proxy["http_port"]:
        found.append(Problem("proxy.http_port", f"{proxy['http_port']} is the gRPC port too", "choose two different ports"))
    return found


def _names(tree: Tree) -> list[Problem]:
    seen: dict[str, str] = {}
    found = []
    for component in server_components(tree["layout"]):
        name = str(tree[component.key]["service_name"])
        if name in seen:
            fix = "give each component a name of its own"
            found.append(Problem(f"{component.key}.service_name", f"{name!r} is the name of {seen[name]} too", fix))
        seen[name] = component.key
    proxy = tree["proxy"]
    # With only one of its ports seen from outside, the proxy has a second Service.
    longest = _LONGEST_SERVICE - len(EXTERNAL) if proxy["external"] is True and proxy["http_external"] is False else _LONGEST_SERVICE
    if len(str(proxy["service_name"])) > longest:
        what = f"{check.shown(proxy['service_name'])} leaves no room for {EXTERNAL}, with which a second Service is called"
        found.append(Problem("proxy.service_name", what, f"at most {longest} characters"))
    return found


def _backends(tree: Tree) -> list[Problem]:
    database, storage = tree["db"], tree["storage"]
    verdicts = {"db.address": check.database_address(database["address"], database["type"])}
    if storage["type"] == "s3" and not storage["address"]:
        verdicts["storage.address"] = "is empty", "storage of type s3 needs the URL of the S3 endpoint"
    backends = {"db": database, "storage": storage} | ({"data_server": tree["data_server"]} if tree["layout"] != "hostpath" else {})
    for path, backend in backends.items():
        verdicts |= {f"{path}.secret_key_ref.{key}": verdict for key, verdict in check.account_keys(backend["secret_key_ref"]).items()}
        verdicts[f"{path}.password"] = check.account(backend) or (check.secret_text(backend["password"]) if backend["password"] else None)
        verdicts[f"{path}.username"] = check.secret_text(backend["username"]) if backend["username"] else None
    return [Problem(path, *verdict) for path, verdict in verdicts.items() if verdict] + _secrets(tree, backends)


def _secrets(tree: Tree, backends: Tree) -> list[Problem]:
    """Of two Secrets of one name, the second takes the place of the first."""
    names = {f"{path}.secret_key_ref.name": backend["secret_key_ref"]["name"] for path, backend in backends.items() if backend["password"]}
    names["proxy.token_ref.name"] = tree["proxy"]["token_ref"]["name"] if tree["proxy"]["token"] else ""
    seen, found = {tree["k8s"]["api_token_ref"]["name"]: "the job scheduler's account"}, []
    for path, name in ((path, str(name)) for path, name in names.items()):
        if name and name in seen:
            found.append(Problem(path, f"{check.shown(name)} is the Secret of {seen[name]} too", "give each Secret a name of its own"))
        seen[name] = variable(path)
    return found


def unknown_components(maps: dict[str, Any]) -> list[str]:
    """Keys of the per-component maps that are no component's name."""
    known = [*(component.key for component in SERVER), "data_server"]
    problems = []
    for name, value in maps.items():
        wrong = [str(key) for key in value if key not in known] if isinstance(value, dict) else [str(value)]
        problems += [f"{name}.{key}: no such component; {', '.join(known)}" for key in wrong]
    return problems
