# SPDX-License-Identifier: Apache-2.0
"""What is wrong with rendered objects that the API server, or a kubelet, would not take: the rules that need no cluster."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._quantities import resources_problem
from ansible_collections.neursafe.fl.plugins.module_utils._references import HOST, parse

Object = dict[str, Any]
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
KEY = re.compile(r"([a-z0-9][-a-z0-9.]*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DATA = re.compile(r"[-._a-zA-Z0-9]{1,253}")
NODE_PORTS = range(30000, 32768)


def faults(objects: list[Object], free: frozenset[str] = frozenset()) -> list[str]:
    """Every fault, with the object that has it. `free` are names of variables whose text is the user's own."""
    json.dumps(objects, allow_nan=False)
    found = [f"{item['kind']} {item['metadata']['name']}: {fault}" for item in objects for fault in _object(item, free)]
    seen = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects]
    found += [f"{one} is there twice" for one in sorted(set(map(str, seen))) if list(map(str, seen)).count(one) > 1]
    ports = [port["nodePort"] for item in objects if item["kind"] == "Service" for port in item["spec"]["ports"] if "nodePort" in port]
    return found + ([f"NodePorts twice: {ports}"] if len(set(ports)) < len(ports) else [])


def _object(item: Object, free: frozenset[str]) -> Iterator[str]:
    metadata, kind = item["metadata"], item["kind"]
    if not (SERVICE if kind == "Service" else LABEL if kind == "Namespace" else SUBDOMAIN).fullmatch(metadata["name"]):
        yield f"its name {metadata['name']!r}"
    if "namespace" in metadata and not LABEL.fullmatch(metadata["namespace"]):
        yield f"its namespace {metadata['namespace']!r}"
    for name, value in metadata.get("labels", {}).items():
        if not KEY.fullmatch(name) or not isinstance(value, str) or not VALUE.fullmatch(value):
            yield f"its label {name}={value!r}"
    if kind != "Secret":
        yield from (f"a template in {text[:60]!r}" for text in _texts(item, free) if "{{" in text or "{%" in text)
    looks = {"Service": _service, "Deployment": _deployment, "Secret": _secret, "PersistentVolume": _volume}
    if kind in looks:
        yield from looks[kind](item)


def _texts(value: Any, free: frozenset[str]) -> Iterator[str]:
    """All texts but those of the user's own variables."""
    if isinstance(value, dict):
        if value.get("name") in free and "value" in value:
            return
        for key, item in value.items():
            yield str(key)
            yield from _texts(item, free)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, free)
    elif isinstance(value, str):
        yield value


def _port(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


def _service(item: Object) -> Iterator[str]:
    ports = item["spec"]["ports"]
    for port in ports:
        if not _port(port["port"]) or not _port(port["targetPort"]) or port.get("nodePort", 30000) not in NODE_PORTS:
            yield f"its port {port}"
        if len(port["name"]) > 15 or not LABEL.fullmatch(port["name"]):
            yield f"the name of its port {port}"
    if len({port["port"] for port in ports}) < len(ports):
        yield f"two ports alike in {ports}"


def _secret(item: Object) -> Iterator[str]:
    for key, value in item.get("data", {}).items():
        if not DATA.fullmatch(key):
            yield f"its key {key!r}"
        b64decode(value, validate=True).decode()
    if item["type"] == "Opaque" and len(item["data"]) != len({"user", "password"}) and "token" not in item["data"]:
        yield f"its keys {sorted(item['data'])}"


def _volume(item: Object) -> Iterator[str]:
    if not item["spec"]["hostPath"]["path"].startswith("/"):
        yield "its path"


def _deployment(item: Object) -> Iterator[str]:
    template = item["spec"]["template"]
    spec = template["spec"]
    labels = template["metadata"]["labels"]
    if not item["spec"]["selector"]["matchLabels"].items() <= labels.items():
        yield "its selector does not fit its pods"
    volumes = [volume["name"] for volume in spec["volumes"]]
    if len(set(volumes)) < len(volumes) or not all(LABEL.fullmatch(name) for name in volumes):
        yield f"its volumes {volumes}"
    for volume in spec["volumes"]:
        path = volume.get("hostPath", {}).get("path", "/x")
        if not path.startswith("/") or ".." in path.split("/") or "\0" in path:
            yield f"its volume {volume}"
    if len({container["name"] for container in spec["containers"]}) < len(spec["containers"]):
        yield "two containers of one name"
    if not all(re.fullmatch(r"[0-9.]+", server) for server in spec.get("dnsConfig", {}).get("nameservers", [])):
        yield f"its DNS servers {spec['dnsConfig']}"
    for container in spec["containers"]:
        yield from _container(container, set(volumes))


def _container(container: Object, volumes: set[str]) -> Iterator[str]:
    if not LABEL.fullmatch(container["name"]) or not HOST.match(parse(container["image"]).registry):
        yield f"its container {container['name']} of {container['image']}"
    yield from (f"its port {port}" for port in container.get("ports", []) if not _port(port["containerPort"]))
    names = [variable["name"] for variable in container.get("env", [])]
    if len(set(names)) < len(names) or not all(ENV.fullmatch(name) for name in names):
        yield f"its variables {names}"
    for variable in container.get("env", []):
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        if reference and not (SUBDOMAIN.fullmatch(reference["name"]) and DATA.fullmatch(reference["key"])):
            yield f"its variable {variable}"
        if not reference and (not isinstance(variable["value"], str) or "\0" in variable["value"]):
            yield f"its variable {variable}"
        variable.get("value", "").encode()
    mounts = container.get("volumeMounts", [])
    if not {mount["name"] for mount in mounts} <= volumes:
        yield f"a mount without a volume among {mounts}"
    paths = [mount["mountPath"].rstrip("/") for mount in mounts]
    if len(set(paths)) < len(paths) or not all(path.startswith("/") and ":" not in path for path in paths):
        yield f"its mounts {paths}"
    problem = resources_problem(container.get("resources", {}))
    if problem:
        yield f"its resources: {problem[0]}"
    yield from (f"its argument {word!r}" for word in container.get("command", []) if not isinstance(word, str))
