# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pod of a component: containers, environment, volumes, probes, rights."""

from __future__ import annotations

from hashlib import pbkdf2_hmac
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._catalogue import AUTHORITIES, DATABASE_CA
from ansible_collections.neursafe.fl.plugins.module_utils._component import (
    Address,
    Cfg,
    Component,
    Database,
    Env,
    File,
    Lit,
    Probe,
    Sec,
    Shared,
    Upper,
    Value,
    Volume,
)
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_address import with_tls
from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree, lookup

Object = dict[str, Any]

# N1: the components ignore SIGTERM, so each second of grace is a second of standing still.
_GRACE = 5
_UNPROFILED: Object = {"allowPrivilegeEscalation": False}
# The one that owns nothing. Of root's group, because that is whose the files of the shared tree are.
_NOBODY: Object = {"runAsNonRoot": True, "runAsUser": 65534, "runAsGroup": 0}
_SCRATCH = "tmp"


def pod_template(tree: Tree, component: Component, object_labels: dict[str, str]) -> Object:
    """The template of a Deployment."""
    # A new version label alone is no reason to restart.
    labels = {key: value for key, value in object_labels.items() if key != "app.kubernetes.io/version"}
    volumes = _volumes(tree, component)
    spec: Object = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": _GRACE,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(tree, component, volumes)],
        "volumes": [_volume(tree, volume) for volume in volumes] + _authorities(tree, component),
    }
    if _read_only(component):
        spec["volumes"].append({"name": _SCRATCH, "emptyDir": {"sizeLimit": "64Mi"}})
    if tree["k8s"]["image_pull_secret"]:
        spec["imagePullSecrets"] = [{"name": tree["k8s"]["image_pull_secret"]}]
    if component.access:
        spec["serviceAccountName"] = tree[component.key]["service_name"]
    if component.access == "proxy":
        spec["containers"].append(_kubectl_proxy(tree))
        spec["volumes"].append(_projected_token())
    if component.bare_dns:
        spec["dnsPolicy"] = "None"
        spec["dnsConfig"] = {"nameservers": [tree["k8s"]["cluster_dns"]]}
    return {"metadata": {"labels": labels, "annotations": {"neursafe.fl/checksum": checksum(tree, component)}}, "spec": spec}


def checksum(tree: Tree, component: Component) -> str:
    """Changes when a file or a Secret of the component does, and so restarts it."""
    return slow_digest("\0".join(f"{path}={lookup(tree, path)}" for path in (*component.watches, *trusted(tree, component))), component.key)


def slow_digest(watched: str, key: str) -> str:
    """Slow on purpose: whoever may read Deployments but not Secrets shall not find a password by trying."""
    return pbkdf2_hmac("sha256", watched.encode(), key.encode(), 50_000).hex()[:16]


def _container(tree: Tree, component: Component, volumes: list[Volume]) -> Object:
    values = tree[component.key]
    container: Object = {
        "name": values["service_name"],
        "image": values["image"],
        "imagePullPolicy": _pull_policy(values["image"]),
        "ports": [{"containerPort": int(values[port])} for port in component.ports],
        "env": environment(tree, component),
        "volumeMounts": [_mount(tree, volume) for volume in volumes] + _authorities_mount(tree, component),
        "resources": values["resources"],
        "securityContext": _rights(component),
        **_probes(tree, component),
    }
    if _read_only(component):
        container["volumeMounts"].append({"name": _SCRATCH, "mountPath": f"/{_SCRATCH}"})
    if component.command:
        container["command"] = [_text(tree, item) for item in component.command]
    return container


def _pull_policy(image: str) -> str:
    """A digest never means something else tomorrow; a tag may."""
    return "IfNotPresent" if "@sha256:" in image else "Always"


def _read_only(component: Component) -> bool:
    return not (component.writes or component.privileged)


def _rights(component: Component) -> Object:
    """Where it is root, then root with nothing to its name."""
    if component.privileged:
        return {"privileged": True}
    rights = {**_UNPROFILED, "capabilities": _capabilities(component), **({} if component.root else _NOBODY)}
    return {**rights, "readOnlyRootFilesystem": True} if _read_only(component) else rights


def _capabilities(component: Component) -> Object:
    return {"drop": ["ALL"], "add": list(component.capabilities)} if component.capabilities else {"drop": ["ALL"]}


def environment(tree: Tree, component: Component) -> list[Object]:
    """The contract's variables in its order, then the user's options; an option of the same name takes the place."""
    options = {str(key): _plain(value) for key, value in tree[component.key]["options"].items()}
    items = []
    for env in component.env:
        if (env.when and not lookup(tree, env.when)) or (env.database and env.database != tree["db"]["type"]):
            continue
        own = options.pop(env.name, None)
        items.append(_variable(tree, env) if own is None else {"name": env.name, "value": own})
    return items + [{"name": name, "value": value} for name, value in options.items()]


def _plain(value: Any) -> str:
    """G6: the API server takes nothing but text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variable(tree: Tree, env: Env) -> Object:
    if isinstance(env.value, Sec):
        reference = lookup(tree, env.value.ref)
        selector = {"name": reference["name"], "key": reference[env.value.key]}
        return {"name": env.name, "valueFrom": {"secretKeyRef": selector}}
    return {"name": env.name, "value": _text(tree, env.value)}


def _text(tree: Tree, value: Value) -> str:
    if isinstance(value, Lit):
        return str(value.text)
    if isinstance(value, Cfg):
        return _plain(lookup(tree, value.path))
    if isinstance(value, Upper):
        return str(lookup(tree, value.path)).upper()
    if isinstance(value, File):
        return f"{str(lookup(tree, value.folder)).rstrip('/')}/{value.name}"
    if isinstance(value, Shared):
        return f"/workspace/{str(lookup(tree, value.folder)).strip('/')}/{value.name}"
    if isinstance(value, Database):
        return _database(tree["db"])
    if isinstance(value, Address):
        return address(tree, value)
    raise TypeError(f"no text for {value}")


def _database(settings: Tree) -> str:
    """PostgreSQL's library has the rest from variables of its own."""
    if settings["type"] != "mongo":
        return _plain(settings["address"])
    return with_tls(settings["address"], settings["sslmode"], DATABASE_CA if settings["ca"] else "")


def address(tree: Tree, value: Address) -> str:
    """Coordinators get these addresses too, and they may live in another namespace."""
    other = tree[value.component]
    namespace = tree["k8s"]["namespace"]
    host = other["service_name"] if namespace == tree["k8s"]["work_namespace"] else f"{other['service_name']}.{namespace}"
    return f"{host}:{other[value.port]}"


def _volumes(tree: Tree, component: Component) -> list[Volume]:
    """The component's own folders and those that the user adds (G11)."""
    extra = tree[component.key].get("extra_volumes", [])
    return [*component.volumes, *(Volume(item["name"], "", item["source"], item.get("read_only", True)) for item in extra)]


def _volume(tree: Tree, volume: Volume) -> Object:
    if volume.claim:
        return {"name": volume.name, "persistentVolumeClaim": {"claimName": lookup(tree, volume.claim)}}
    path = lookup(tree, volume.source) if volume.source else volume.mount
    return {"name": volume.name, "hostPath": {"path": path, "type": volume.kind}}


def _mount(tree: Tree, volume: Volume) -> Object:
    mount: Object = {"name": volume.name, "mountPath": volume.mount or lookup(tree, volume.source)}
    if volume.read_only:
        mount["readOnly"] = True
    if volume.propagate:
        # N2: a bucket mounted, or mounted anew, after the pod started.
        mount["mountPropagation"] = "HostToContainer"
    return mount


def trusted(tree: Tree, component: Component) -> list[str]:
    """The settings with the authorities that it has to know."""
    return [path for path in component.trusts if lookup(tree, path)]


def authorities_name(tree: Tree) -> str:
    """The ConfigMap with them."""
    return f"{tree['instance']}-ca"


def _authorities(tree: Tree, component: Component) -> list[Object]:
    return [{"name": "authorities", "configMap": {"name": authorities_name(tree)}}] if trusted(tree, component) else []


def _authorities_mount(tree: Tree, component: Component) -> list[Object]:
    return [{"name": "authorities", "mountPath": AUTHORITIES, "readOnly": True}] if trusted(tree, component) else []


def _probes(tree: Tree, component: Component) -> Object:
    """Found ready within a second of being so; given up only after minutes, since a busy component may be slow to answer."""
    ready = _check(tree, component, component.ready)
    # A dead mount is no matter of patience: the site's promise is to be back within a minute.
    pace = {"periodSeconds": 10, "failureThreshold": 3} if component.alive.mounts else {"periodSeconds": 20, "failureThreshold": 9}
    return {
        "startupProbe": {**ready, "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 180},
        "readinessProbe": {**ready, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3},
        "livenessProbe": {**_check(tree, component, component.alive), "timeoutSeconds": 10, **pace},
    }


# Python, because the contract has it in every component's image. Any other trouble with a folder is not cured by a new container.
_MOUNTS_AND_PORT = """\
import errno, http.client, os, sys
port, path = sys.argv[1:3]
for folder in sys.argv[3:]:
    try:
        os.stat(folder)
    except OSError as error:
        if error.errno == errno.ENOTCONN:
            sys.exit(f"{folder}: its mount is gone")
server = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
server.connect()
if path:
    server.request("GET", path)
    sys.exit(server.getresponse().status >= 400)
"""


def _check(tree: Tree, component: Component, probe: Probe) -> Object:
    port = int(tree[component.key][probe.port])
    if probe.mounts:
        folders = [_mount(tree, volume)["mountPath"] for volume in _volumes(tree, component) if volume.propagate]
        return {"exec": {"command": ["python3.7", "-c", _MOUNTS_AND_PORT, str(port), probe.path, *folders]}}
    return {"httpGet": {"path": probe.path, "port": port}} if probe.path else {"tcpSocket": {"port": port}}


def _kubectl_proxy(tree: Tree) -> Object:
    return {
        "name": "kubectl-proxy",
        "image": tree["k8s"]["kubectl_image"],
        "imagePullPolicy": "IfNotPresent",
        "args": ["proxy", f"--port={tree['k8s']['kubectl_port']}", "--address=127.0.0.1"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
        "securityContext": {
            **_UNPROFILED,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "readOnlyRootFilesystem": True,
        },
        # The account's token is mounted here by hand, so that the task manager beside it does not get it.
        "volumeMounts": [{"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}],
    }


def _projected_token() -> Object:
    sources: list[Object] = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    return {"name": "kube-api-access", "projected": {"sources": sources}}
