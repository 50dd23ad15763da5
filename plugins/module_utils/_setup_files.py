# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The components' setup files, with the types that their code insists on."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._settings import Tree, client_settings, server_settings


def client_selector_setup(settings: Tree) -> str:
    """client_selector_setup.json: one line without a final newline, as upstream's generator writes it."""
    tree = server_settings(settings)
    selector = tree["client_selector"]
    content = {"port": int(selector["port"]), "log_level": tree["others"]["log_level"], "auth_client": "false"}
    return json.dumps({**content, **selector["setup"]})


def task_manager_setup(settings: Tree) -> str:
    """task_manager_setup.json of a cluster client."""
    tree = client_settings(settings)
    manager = tree["task_manager"]
    if tree["layout"] != "hostpath":
        return json.dumps({**_setup_2024(tree), **manager["setup"]}, indent=2) + "\n"
    folders = {name: str(volume["source"]).rstrip("/") for name, volume in manager["volumes"].items()}
    content: dict[str, Any] = {
        "lmdb_path": folders["lmdb"],
        "workspace": folders["workspace"],
        "server": manager["server_address"],
        "port": int(manager["port"]),
        "runtime": runtimes(manager["runtime"]),
        "datasets": f"{folders['datasets']}/datasets.json",
        "log_level": tree["others"]["log_level"],
        "platform": manager["platform"],
        "task_config_entry": folders["task-configs"],
        "registration": word(manager["registration"]),
        "storage_quota": int(manager["storage_quota"]),
        # G12: without it the client announces 0.0.0.0, and the server calls itself.
        "external_address": manager["external_address"],
    }
    return json.dumps({**content, **manager["setup"]}, indent=2) + "\n"


def _setup_2024(tree: Tree) -> dict[str, Any]:
    """The successor's keys, in its order; all folders are below the one place where the shared tree is."""
    manager = tree["task_manager"]
    folders = {name: f"/workspace/{str(path).strip('/')}" for name, path in tree["storage"].items() if name.endswith("_dir")}
    return {
        "workspace": folders["workspace_dir"],
        "server": manager["server_address"],
        "port": int(manager["port"]),
        "runtime": runtimes(manager["runtime"]),
        "datasets": f"{folders['datasets_dir']}/datasets.json",
        "log_level": tree["others"]["log_level"],
        "platform": manager["platform"],
        "task_config_entry": folders["task_configs_dir"],
        "registration": word(manager["registration"]),
        "storage_quota": int(manager["storage_quota"]),
        "lmdb_path": folders["lmdb_dir"],
        "external_address": manager["external_address"],
        # Y9: by default two sites with the same port have the same id, and one takes the place of the other.
        "client_id": str(manager["external_address"]).replace(":", "-"),
    }


def runtimes(value: Any) -> str:
    """The selector splits at the comma and compares exactly, so no blanks."""
    parts = value.split(",") if isinstance(value, str) else value
    return ",".join(str(part).strip() for part in parts)


def word(value: Any) -> str:
    """C4: a JSON boolean ends the client; it wants the word."""
    return "False" if str(value).strip().lower() in ("false", "no", "0") else "True"
