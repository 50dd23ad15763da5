# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What values of a configuration file mean together: rules that they break, and settings that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem

Tree = dict[str, Any]

# The port of the API server without TLS, which Kubernetes has had no more since 1.24.
_INSECURE_PORT = "8080"
_SECRET = ("name", "user_key", "passwd_key")
_IN_CLUSTER = "kubernetes.default.svc:443"


def rules(tree: Tree, kind: str, shape: str, wrong: set[str]) -> list[Problem]:
    """What is wrong with values that are right by themselves; `wrong` are the paths that were told of already."""
    found = [*_node_ports(tree, kind), *_names(tree), *_database(tree), *_storage(tree, kind, shape)]
    return [item for item in found if item.path not in wrong]


def value_at(tree: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """The value at a dotted path; null counts as absent."""
    value: Any = tree
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return default if value is None else value


def _exposed(tree: Tree, kind: str) -> dict[str, Any]:
    """The ports that become NodePorts."""
    if kind == "client":
        return {"task_manager.port": value_at(tree, "task_manager.port")} if value_at(tree, "task_manager.external") else {}
    paths = ["proxy.grpc_port", "proxy.http_port"] if value_at(tree, "proxy.external") else []
    # Its ports are NodePorts by their nature, so `external` left out means that they are (G4).
    paths += ["api_server.http_port", "api_server.https_port"] if value_at(tree, "api_server.external", True) else []
    paths += ["data_server.port"] if value_at(tree, "data_server.external", value_at(tree, "proxy.external", False)) else []
    return {path: port for path in paths if (port := value_at(tree, path)) is not None}


def _node_ports(tree: Tree, kind: str) -> Iterator[Problem]:
    seen: dict[int, str] = {}
    for path, port in _exposed(tree, kind).items():
        verdict = check.node_port(port)
        if verdict:
            yield Problem(path, verdict[0], f"{verdict[1]} ({path.partition('.')[0]}.external: false)")
        elif port in seen:
            yield Problem(path, f"{port} is {seen[port]} too", "choose another from 30000 to 32767")
        seen.setdefault(port, path)
    proxy = tree.get("proxy", {})
    if proxy.get("grpc_port") is not None and proxy.get("grpc_port") == proxy.get("http_port") and not proxy.get("external"):
        yield Problem("proxy.http_port", f"{proxy['http_port']} is proxy.grpc_port too", "choose another")


def _names(tree: Tree) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for part, values in tree.items():
        name = values.get("service_name") if isinstance(values, dict) else None
        if name in seen:
            yield Problem(f"{part}.service_name", f"{name!r} is the name of {seen[name]} too", "give each component a name of its own")
        elif name:
            seen[name] = part


def _database(tree: Tree) -> Iterator[Problem]:
    address = str(value_at(tree, "db.address", ""))
    if value_at(tree, "db.type") == "postgreSQL" and address.startswith("mongodb"):
        yield Problem("db.address", f"{check.shown(address)} is an address of MongoDB, and db.type is postgreSQL", "write HOST:PORT")


def _storage(tree: Tree, kind: str, shape: str) -> Iterator[Problem]:
    """Which keys of the storage are needed depends on its type (G9)."""
    prefix = "storage.backend" if shape == "2024" else "storage"
    if kind == "client" and shape == "2022":
        return
    needed = []
    if value_at(tree, f"{prefix}.type") == "s3":
        needed = [f"{prefix}.address", *(f"{prefix}.secret_key_ref.{key}" for key in _SECRET)]
        needed += [f"{prefix}.bucket"] if shape == "2024" else []
    elif value_at(tree, f"{prefix}.type") == "posix" and shape == "2024":
        needed = [f"{prefix}.pvc"]
    for path in needed:
        if value_at(tree, path) is None:
            yield Problem(path, f"is missing, and {prefix}.type {value_at(tree, f'{prefix}.type')} needs it", "add it")


def work_out(tree: Tree, kind: str, shape: str) -> list[str]:
    """Settings that follow from the others, put into the tree; a sentence for each that a reader of the file would not expect."""
    tree["version"] = shape
    notices = []
    if shape == "2024":
        tree["layout"] = "s3pod" if tree["storage"]["backend"]["type"] == "s3" else "pvc"
    if tree.get("layout") == "s3pod":
        what = "with s3 each pod mounts the bucket itself, and has all rights on its node for that"
        notices.append(f"storage.backend.type: {what}; a claim (posix) needs none of it (Y11, Y12)")
    if "data_server" in tree:
        # Y2: upstream follows the proxy, whatever the data server's own key says.
        tree["data_server"].setdefault("external", tree["proxy"]["external"])
    return [*notices, *(_call_back(tree) if kind == "client" else _kubernetes(tree))]


def _kubernetes(tree: Tree) -> list[str]:
    cluster = tree["k8s"]
    notices = []
    host, port = str(cluster["address"]).split(":")
    if port == _INSECURE_PORT:
        cluster.update(address=_IN_CLUSTER, api_protocol="https")
        what = f"no cluster of today serves plain HTTP at {host}:{port}"
        notices.append(f"k8s.address: {what}; the job scheduler asks {_IN_CLUSTER} with its own account (G5)")
    return notices


def _call_back(tree: Tree) -> list[str]:
    """G12: the address at which the server calls the client back is not in the guide's file."""
    manager = tree["task_manager"]
    own = manager.pop("service_ip", "")
    if own:
        manager["external_address"] = f"{own}:{manager['port']}"
        return []
    namespace = tree["k8s"].get("namespace", "default")
    if not manager["external"]:
        inside = manager["service_name"] if namespace == "default" else f"{manager['service_name']}.{namespace}"
        manager["external_address"] = f"{inside}:{manager['port']}"
        return [f"task_manager.external: it is false, so only a server in the same cluster can call back, at {manager['external_address']}"]
    host = str(tree["k8s"]["address"]).split(":", maxsplit=1)[0]
    if host.startswith(("127.", "0.")) or host in ("localhost", "kubernetes") or ".svc" in host:
        return ["task_manager.external_address: the file does not say where the server calls back; set nsfl_client_external_address"]
    manager["external_address"] = f"{host}:{manager['port']}"
    what = f"the file does not say at which address the server calls back; taken is {host}:{manager['port']}, from k8s.address (G12)"
    return [f"task_manager.external_address: {what}; set nsfl_client_external_address where that is no node of this cluster"]
