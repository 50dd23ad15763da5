# SPDX-License-Identifier: Apache-2.0
"""Filters that put rendered objects into another form."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.neursafe.fl.plugins.filter.brought_back import brought_back
from ansible_collections.neursafe.fl.plugins.filter.rendered_files import rendered_files

INSTANCE = "neursafe-fl-server-default"


def thing(kind: str, name: str, **more: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/instance": INSTANCE, "app.kubernetes.io/component": name}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "default", "labels": labels}, **more}


def test_without_a_release_the_rendered_objects_stay() -> None:
    rendered = [thing("Service", "proxy")]
    assert brought_back(rendered, {}, INSTANCE) is rendered


def test_a_release_brings_its_objects_with_the_secrets_of_now() -> None:
    now = [thing("Namespace", "fl"), thing("Secret", "db", data={"password": "new"}), thing("Service", "proxy", spec="new")]
    recorded = [thing("Secret", "db", data={"password": "old"}), thing("Service", "proxy", spec="old"), thing("Namespace", "old")]
    back = brought_back(now, {"objects": recorded}, INSTANCE)
    assert [(item["kind"], item.get("spec"), item.get("data")) for item in back] == [
        ("Namespace", None, None),
        ("Secret", None, {"password": "new"}),
        ("Service", "old", None),
    ]


def test_objects_become_files_under_upstreams_names_and_secrets_a_list() -> None:
    reads = {"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]}]}
    objects = [thing("Service", "proxy"), thing("Deployment", "proxy", spec=reads), thing("Secret", "db", data={"password": "cGF0aA=="})]
    laid_out = rendered_files(objects, texts={"nginx.conf": "events {}\n"})
    files = {entry["path"]: entry["content"] for entry in laid_out["entries"]}
    assert list(files) == ["nginx.conf", "proxy.yaml"] and laid_out["secrets"] == ["db (password)"]
    assert list(yaml.safe_load_all(files["proxy.yaml"])) == objects[:2] and "cGF0aA" not in str(files)
