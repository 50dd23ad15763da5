# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is wrong with the settings of a cluster client, at once and without a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem
from ansible_collections.neursafe.fl.plugins.module_utils._cluster_checks import CLUSTER, pod_security
from ansible_collections.neursafe.fl.plugins.module_utils._patch import patches_problem
from ansible_collections.neursafe.fl.plugins.module_utils._quantities import resources_problem
from ansible_collections.neursafe.fl.plugins.module_utils._settings import CLIENT_DEFAULTS, Tree, client_settings, lookup

Check = Callable[[Any], "tuple[str, str] | None"]

_SELVES = (str(IPv4Address(0)), "localhost")

# Where a variable's name is not the path joined by underscores.
_NAMES = {
    "task_manager.service_name": "nsfl_client_name",
    "task_manager.db_collection_name": "nsfl_client_database_collection",
    "task_manager.server_address": "nsfl_client_server",
    "task_manager.volumes": "nsfl_client_extra_volumes",
    "db.secret_key_ref.name": "nsfl_client_database_secret_name",
    "db.secret_key_ref.user_key": "nsfl_client_database_secret_user_key",
    "db.secret_key_ref.passwd_key": "nsfl_client_database_secret_password_key",
    "k8s.gpu_rs_key": "nsfl_client_gpu_resource_key",
    "k8s.create_namespace": "nsfl_client_namespace",
    "instance": "nsfl_client_name / nsfl_client_namespace",
    "others.log_level": "nsfl_client_log_level",
}


def _proxy(value: Any) -> tuple[str, str] | None:
    """An address that may have an account in it. Never shown."""
    if isinstance(value, str) and re.fullmatch(r"[!-~]{0,4096}", value):
        return None
    return "has blanks or other characters that no address has", "write it like http://proxy.example.org:3128, or leave it empty"


_ALWAYS: dict[str, Check] = {
    "task_manager.service_name": check.service_name,
    "task_manager.external": check.boolean,
    "task_manager.db_collection_name": check.table,
    "task_manager.image": check.image,
    "task_manager.server_address": check.host_port,
    "task_manager.external_address": check.host_port,
    "task_manager.platform": partial(check.one_of, allowed=("k8s",)),
    "task_manager.options": check.environment,
    "task_manager.resources": resources_problem,
    "task_manager.setup": check.mapping,
    "task_manager.patch": patches_problem,
    "executor.image": check.image,
    "executor.port": check.port,
    "executor.http_proxy": _proxy,
    "executor.https_proxy": _proxy,
    "instance": check.label_value,
    "version": check.label_value,
    "k8s.namespace": check.label,
    "k8s.create_namespace": check.boolean,
    "k8s.gpu_rs_key": check.resource,
    "k8s.kubectl_image": check.image,
    "k8s.kubectl_port": check.port,
    "db.type": partial(check.one_of, allowed=("postgreSQL", "mongo")),
    "db.name": check.database,
    "db.secret_key_ref.name": check.domain,
    "others.log_level": check.log_level,
    **CLUSTER,
    **{f"task_manager.volumes.{name}.source": check.absolute_path for name in CLIENT_DEFAULTS["task_manager"]["volumes"]},
}


def client_problems(settings: Tree) -> list[str]:
    """One sentence for each problem: setting, what is wrong, how to mend it."""
    return [f"{variable(item.path)}: {item.what}; {item.fix}" for item in check_client(settings)]


def client_clashes(claims: dict[str, list[dict[str, str]]], host: str) -> list[str]:
    """What a client of one run wants for itself and another one wants as well: an address, or a name or folder of the same cluster."""
    found = []
    for claim in claims[host]:
        others = [other for other, wanted in claims.items() if other != host and claim in wanted]
        if others:
            found.append(f"{claim['setting']}: {claim['value']} is also that of {', '.join(others)}; give each client its own")
    return found


def variable(path: str) -> str:
    """The role's variable that a path of the settings comes from."""
    if path in _NAMES:
        return _NAMES[path]
    if path.startswith("storage."):
        name = path.removeprefix("storage.").removeprefix("task_manager_")
        return f"nsfl_client_{name}"
    if path.startswith("task_manager.volumes.") and path.endswith(".source"):
        return f"nsfl_client_{path.split('.')[2].replace('-', '_')}_dir"
    if path.startswith("task_manager.datasets"):
        return "nsfl_client_" + path.removeprefix("task_manager.")
    name = path.removeprefix("task_manager.").removeprefix("k8s.").replace("db.", "database.", 1)
    return "nsfl_client_" + re.sub(r"\.(\d+)$", r"[\1]", name).replace(".", "_")


def check_client(settings: Tree) -> list[Problem]:
    """All problems, by path."""
    verdict = check.layout(settings.get("layout") or "hostpath")
    if verdict:
        return [Problem("layout", *verdict)]
    tree = client_settings(settings)
    verdicts = {path: function(lookup(tree, path)) for path, function in _ALWAYS.items()}
    if tree["layout"] != "hostpath":
        verdicts |= check.shared_tree(tree["storage"], tree["layout"])
    found = [Problem(path, *verdict) for path, verdict in verdicts.items() if verdict]
    found += pod_security(tree)
    return found + _port(tree) + _quota(tree) + _runtime(tree) + _addresses(tree) + _accounts(tree) + _volumes(tree) + _datasets(tree)


def _port(tree: Tree) -> list[Problem]:
    manager = tree["task_manager"]
    verdict = check.node_port(manager["port"]) if manager["external"] is True else check.port(manager["port"])
    return [Problem("task_manager.port", *verdict)] if verdict else []


def _quota(tree: Tree) -> list[Problem]:
    value = tree["task_manager"]["storage_quota"]
    if check.number(value) and value > 0:
        return []
    return [Problem("task_manager.storage_quota", f"{check.shown(value)} is no number of MB", "write a whole number without quotes")]


def _addresses(tree: Tree) -> list[Problem]:
    """The server dials what the client announces: 0.0.0.0 or a loopback address is the server itself."""
    host = str(tree["task_manager"]["external_address"]).rpartition(":")[0]
    if host in _SELVES or host.startswith("127."):
        fix = "write an address of this site that the server reaches"
        return [Problem("task_manager.external_address", f"{host} leads the server to itself", fix)]
    verdict = check.database_address(tree["db"]["address"], tree["db"]["type"])
    return [Problem("db.address", *verdict)] if verdict else []


def _accounts(tree: Tree) -> list[Problem]:
    """The database's account, and the Secret with which images are pulled."""
    database, secret = tree["db"], tree["k8s"]["image_pull_secret"]
    verdicts = {f"db.secret_key_ref.{key}": verdict for key, verdict in check.account_keys(database["secret_key_ref"]).items()}
    verdicts |= {f"db.{key}": check.secret_text(database[key]) for key in ("username", "password")}
    verdicts["db.password"] = verdicts["db.password"] or check.account(database)
    verdicts["k8s.image_pull_secret"] = check.domain(secret) if secret else None
    return [Problem(path, *verdict) for path, verdict in verdicts.items() if verdict]


def _runtime(tree: Tree) -> list[Problem]:
    """The selector compares the words exactly, and a client that names none gets no job."""
    value = tree["task_manager"]["runtime"]
    names = value.split(",") if isinstance(value, str) else value
    if isinstance(names, list) and names and all(re.fullmatch(r"[A-Za-z0-9_.+-]{1,63}", str(name).strip()) for name in names):
        return []
    fix = "write a list of words, such as [tensorflow, pytorch]"
    return [Problem("task_manager.runtime", f"{check.shown(value)} is no list of runtimes", fix)]


def _volumes(tree: Tree) -> list[Problem]:
    """Unknown folders of the five, and further ones without a name or path."""
    manager, found = tree["task_manager"], []
    unknown = [name for name in manager["volumes"] if name not in CLIENT_DEFAULTS["task_manager"]["volumes"]]
    if unknown:
        what = f"no such folder: {', '.join(unknown)}"
        found.append(Problem("task_manager.volumes", what, "put further folders into extra_volumes"))
    if not isinstance(manager["extra_volumes"], list):
        return [
            *found,
            Problem("task_manager.extra_volumes", f"{check.shown(manager['extra_volumes'])} is no list", "write {name, source} for each"),
        ]
    paths: dict[str, str] = {}
    for name, volume in manager["volumes"].items() if tree["layout"] == "hostpath" else ():
        other = paths.setdefault(_place(volume), name)
        if other != name:
            found.append(Problem(f"task_manager.volumes.{name}.source", f"it is the folder {other} too", "give each a folder of its own"))
    names = {*manager["volumes"], "kube-api-access"}
    for index, item in enumerate(manager["extra_volumes"]):
        verdict = _extra_volume(item, names, paths)
        found += [Problem(f"task_manager.extra_volumes.{index}", *verdict)] if verdict else []
    return found


def _place(volume: Any) -> str:
    """Where a volume is seen, without the slash at the end that makes no difference."""
    return str(volume.get("source") if isinstance(volume, dict) else volume).rstrip("/")


def _extra_volume(item: Any, names: set[str], paths: dict[str, str]) -> tuple[str, str] | None:
    """A pod has one volume of each name, and one mount at each path."""
    if not isinstance(item, dict):
        return f"{check.shown(item)} is no map", "write {name: NAME, source: PATH}"
    name, place = item.get("name"), _place(item)
    verdict: tuple[str, str] | None = (
        check.label(name) or check.absolute_path(item.get("source")) or check.boolean(item.get("read_only", True))
    )
    if not verdict and name in names:
        verdict = f"{name!r} is the name of another volume", "give it a name of its own"
    if not verdict and place in paths:
        verdict = f"{check.shown(place)} is the folder {paths[place]} too", "leave it out"
    names.add(str(name))
    paths.setdefault(place, str(name))
    return verdict


def _datasets(tree: Tree) -> list[Problem]:
    """Given by the role; the renderer has no use of them."""
    datasets = tree["task_manager"].get("datasets") or {}
    if not isinstance(datasets, dict):
        return [Problem("task_manager.datasets", f"{check.shown(datasets)} is no map", "write NAME: PATH pairs")]
    verdicts = {f"task_manager.datasets.{name}": check.absolute_path(path) for name, path in datasets.items()}
    return [Problem(path, *verdict) for path, verdict in verdicts.items() if verdict]
