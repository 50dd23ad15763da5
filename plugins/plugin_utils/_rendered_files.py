# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered objects as the files that upstream's generator writes, and one for each object that it forgets. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

Object = dict[str, Any]

_HEAD = "# Rendered by neursafe.fl. Change the settings it comes from, not this file.\n"
_COMPONENT = "app.kubernetes.io/component"
_ACCOUNT = "kubernetes.io/service-account.name"


def rendered_files(objects: list[Object], texts: Mapping[str, str], backends: Mapping[str, str]) -> list[dict[str, str]]:
    """Entries of the module tree. `texts` are further files; `backends` tells whose an Ingress is, by its name."""
    documents: dict[str, list[Object]] = {}
    # Plain values: what comes from a template carries marks that a YAML dumper does not know.
    for item in json.loads(json.dumps(objects)):
        if not _has_secret_data(item):
            documents.setdefault(file_name(item, backends), []).append(item)
    contents = {name: _HEAD + yaml.dump_all(items, Dumper=_Plain, **_STYLE) for name, items in documents.items()}
    every = sorted({**contents, **texts}.items())
    return [{"path": name, "state": "file", "mode": "0644", "content": text} for name, text in every]


def file_name(item: Object, backends: Mapping[str, str]) -> str:
    """A component's Service and Deployment are one file, as upstream has it."""
    kind, metadata = item["kind"], item["metadata"]
    if kind in ("Service", "Deployment"):
        return f"{metadata['labels'][_COMPONENT]}.yaml"
    if kind == "Ingress":
        return f"ingress-{backends.get(metadata['name'], metadata['name'])}.yaml"
    if kind == "Namespace":
        # kubectl takes a folder's files in the order of their names, and everything else goes into the namespace.
        return f"0-namespace-{metadata['name']}.yaml"
    if _ACCOUNT in metadata.get("annotations", {}):
        # A token without its account is removed at once, so the two are one file, the account first.
        return f"serviceaccount-{metadata['annotations'][_ACCOUNT]}.yaml"
    return f"{kind.lower()}-{metadata['name']}.yaml"


def needed_secrets(objects: list[Object]) -> list[str]:
    """The Secrets that the objects refer to and that are not among them, each with its keys."""
    made = {item["metadata"]["name"] for item in objects if item["kind"] == "Secret" and not _has_secret_data(item)}
    keys: dict[str, set[str]] = {}
    for name, key in _references(json.loads(json.dumps(objects))):
        if name not in made:
            keys.setdefault(name, set()).add(key)
    return [f"{name} ({', '.join(sorted(found))})" for name, found in sorted(keys.items())]


def _references(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        if "secretKeyRef" in value:
            yield value["secretKeyRef"]["name"], value["secretKeyRef"]["key"]
        yield from ((item["name"], ".dockerconfigjson") for item in value.get("imagePullSecrets") or [])
        yield from ((item["secretName"], key) for item in value.get("tls") or [] for key in ("tls.crt", "tls.key"))
        for item in value.values():
            yield from _references(item)


def _has_secret_data(item: Object) -> bool:
    return item["kind"] == "Secret" and bool(item.get("data") or item.get("stringData"))


class _Plain(yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    """Without anchors: a file is read by people. The one of C takes a fifth of the time."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_STYLE: dict[str, Any] = {"explicit_start": True, "sort_keys": False, "default_flow_style": False, "width": 1000, "allow_unicode": True}
