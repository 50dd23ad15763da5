# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is wrong with the API server's settings, at once and without a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_settings
from ansible_collections.neursafe.fl.plugins.module_utils._checks import Problem
from ansible_collections.neursafe.fl.plugins.module_utils._cluster_checks import CLUSTER
from ansible_collections.neursafe.fl.plugins.module_utils._patch import patches_problem
from ansible_collections.neursafe.fl.plugins.module_utils._quantities import resources_problem
from ansible_collections.neursafe.fl.plugins.module_utils._settings import EXTERNAL, Tree, lookup

Check = Callable[[Any], "tuple[str, str] | None"]

_ANNOTATION = re.compile(r"([a-z0-9][-a-z0-9.]{0,251}[a-z0-9]/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def _annotations(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return f"{check.shown(value)} is no map", "write NAME: text"
    wrong = [check.shown(str(key)) for key, item in value.items() if not _ANNOTATION.fullmatch(str(key)) or check.secret_text(item)]
    return (f"no annotation: {', '.join(wrong)}", "write NAME: text, the name like example.org/name") if wrong else None


def _hosts(value: Any) -> tuple[str, str] | None:
    """An Ingress wants names, of which the first part may be a star; no addresses."""
    names = value if isinstance(value, list) else [None]
    wrong = [name for name in names if check.domain(str(name).removeprefix("*.")) or check.ipv4(name) is None]
    fix = "write a list of names in small letters, such as [fl.example.org]"
    return (f"no host name: {', '.join(check.shown(name) for name in wrong)}", fix) if wrong else None


def _username(value: Any) -> tuple[str, str] | None:
    """HTTP has the user's name before the first colon."""
    wrong = check.line(value) or not str(value) or ":" in str(value)
    return (f"{check.shown(value)} is no name of a user", "write one line without a colon") if wrong else None


_ALWAYS: dict[str, Check] = {
    "provider": partial(check.one_of, allowed=("traefik", "ingress", "nodeport")),
    "k8s.namespace": check.label,
    "job_scheduler.service_name": check.service_name,
    "job_scheduler.port": check.port,
    "model_manager.service_name": check.service_name,
    "model_manager.port": check.port,
    "data_server.service_name": check.service_name,
    "data_server.port": check.port,
    "data_server.https": check.boolean,
    "api_server.service_name": check.service_name,
    "api_server.external": check.boolean,
    "api_server.plain_http": check.boolean,
    "api_server.username": _username,
    "api_server.password": check.line,
    "api_server.ingress_class": check.domain,
    "api_server.annotations": _annotations,
    "api_server.hosts": _hosts,
    "api_server.resources": resources_problem,
    "api_server.patch": patches_problem,
    "k8s.create_namespace": check.boolean,
    "instance": check.label_value,
    "version": check.label_value,
    **CLUSTER,
}
_WHEN_GIVEN: dict[str, Check] = {"api_server.tls_secret": check.domain, "k8s.image_pull_secret": check.domain}


def api_server_problems(settings: Tree) -> list[str]:
    """One sentence for each problem: setting, what is wrong, how to mend it."""
    return [f"{variable(item.path)}: {item.what}; {item.fix}" for item in check_api_server(settings)]


def variable(path: str) -> str:
    """The role's variable that a path of the settings comes from."""
    name = path.removeprefix("api_server.").removeprefix("k8s.").replace(".", "_")
    return "nsfl_api_server_" + {"patch": "patches", "certificate": "tls_cert_file", "key": "tls_key_file"}.get(name, name)


def check_api_server(settings: Tree) -> list[Problem]:
    """All problems, by path."""
    tree = api_server_settings(settings)
    verdicts = {path: function(lookup(tree, path)) for path, function in _ALWAYS.items()}
    verdicts |= {path: function(lookup(tree, path)) for path, function in _WHEN_GIVEN.items() if lookup(tree, path)}
    if tree["provider"] == "nodeport":
        verdicts |= {f"{key}.service_name": verdict for key in ("job_scheduler", "model_manager") if (verdict := _longer(tree, key))}
    found = [Problem(path, *verdict) for path, verdict in verdicts.items() if verdict]
    return found + _namespaces(tree) + _ports(tree) + _plain_http(tree) + _data_server(tree) + _certificate(tree) + _image(tree)


def _longer(tree: Tree, key: str) -> tuple[str, str] | None:
    """The second Service of a backend has a longer name."""
    return check.service_name(f"{tree[key]['service_name']}{EXTERNAL}") and (
        f"{check.shown(tree[key]['service_name'])} with {EXTERNAL} after it is no Service name",
        f"small letters, digits and hyphens, at most {63 - len(EXTERNAL)} characters",
    )


def _namespaces(tree: Tree) -> list[Problem]:
    """Each is a bucket and part of a path."""
    names = tree["fl_namespaces"]
    if not isinstance(names, list) or not names:
        return [Problem("fl_namespaces", "is no list of FL namespaces", "name at least one, such as [default]")]
    wrong = [str(name) for name in names if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", str(name))]
    fix = "small letters, digits and hyphens, 3 to 63 characters, as in a bucket's name"
    return [Problem("fl_namespaces", f"no FL namespace: {', '.join(wrong)}", fix)] if wrong else []


def _ports(tree: Tree) -> list[Problem]:
    server = tree["api_server"]
    used = {
        "api_server.http_port": tree["provider"] != "ingress" and server["plain_http"] is not False,
        "api_server.https_port": bool(server["tls_secret"]),
        "model_manager.node_port": tree["provider"] == "nodeport",
        "data_server.https_port": tree["data_server"]["https"] is True,
    }
    if tree["provider"] == "traefik" and not server["external"]:
        used = {}
    paths = [path for path, needed in used.items() if needed]
    found = [Problem(path, *verdict) for path in paths if (verdict := check.node_port(lookup(tree, path)))]
    ports = [str(lookup(tree, path)) for path in paths]
    found += [
        Problem(path, f"{ports[number]} is used twice", "choose different ports")
        for number, path in enumerate(paths)
        if ports[number] in ports[:number]
    ]
    if "data_server.https_port" in paths and ports[-1] == str(tree["data_server"]["port"]):
        found.append(Problem("data_server.https_port", f"{ports[-1]} is the data server's own port", "choose another one"))
    return found


def _plain_http(tree: Tree) -> list[Problem]:
    """Closed, it needs something else that is open."""
    server = tree["api_server"]
    no_certificate = "" if server["tls_secret"] else "there is no certificate for HTTPS"
    cause = {"nodeport": "plain NodePorts speak nothing else", "traefik": no_certificate}.get(tree["provider"], "")
    if server["plain_http"] is not False or not cause:
        return []
    return [Problem("api_server.plain_http", f"false leaves no way in, since {cause}", "set it to true, or use traefik with nsfl_tls")]


def _data_server(tree: Tree) -> list[Problem]:
    """It is nobody else who brings HTTPS there."""
    no_certificate = "" if tree["api_server"]["tls_secret"] else "there is no certificate for it"
    cause = no_certificate if tree["provider"] == "traefik" else f"{tree['provider']} has none for it"
    if tree["data_server"]["https"] is not True or not cause:
        return []
    fix = "use traefik with nsfl_tls, or leave it out and set nsfl_data_server_plain_http: true"
    return [Problem("data_server.https", f"the data server is to be reached over HTTPS, and {cause}", fix)]


def _certificate(tree: Tree) -> list[Problem]:
    server, found = tree["api_server"], []
    if bool(server["certificate"]) != bool(server["key"]):
        found.append(Problem("key", "certificate and key go together", "give both files, or neither"))
    if server["certificate"] and "BEGIN CERTIFICATE" not in server["certificate"]:
        found.append(Problem("certificate", "is no PEM certificate", "it begins with -----BEGIN CERTIFICATE-----"))
    if server["key"] and "PRIVATE KEY" not in server["key"]:
        found.append(Problem("key", "is no PEM key", "it begins with -----BEGIN PRIVATE KEY-----"))
    return found


def _image(tree: Tree) -> list[Problem]:
    verdict = check.image(tree["api_server"]["image"]) if tree["provider"] == "traefik" else None
    return [Problem("api_server.image", *verdict)] if verdict else []
