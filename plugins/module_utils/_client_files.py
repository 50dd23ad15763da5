# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a client: folders, setup file, data sets and task entries, as entries of the module tree."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

FOLDERS = ("lmdb", "workspace", "datasets", "task_configs", "config")
_TASK_KEYS = ("script_path", "train", "evaluate")


def in_pods(path: str, plan: dict[str, Any]) -> str:
    """A path of the shared tree as the client's pods see it, where they see the tree in another place."""
    root = str(plan.get("root") or "").rstrip("/")
    return f"{plan['mount']}{path.removeprefix(root)}" if root and f"{path}/".startswith(f"{root}/") else path


def task_entry(task: dict[str, Any], folder: str) -> dict[str, Any]:
    """What the client reads under the name of the task; the scripts' folder as an absolute path, for then it holds wherever it is read."""
    entry = {key: task[key] for key in _TASK_KEYS if task.get(key)}
    return {"script_path": f"{folder}/{task['name']}", **entry}


def script_files(task: dict[str, Any]) -> dict[str, str]:
    """Relative path to base64 content of a task's scripts: those of the folder `src` on the controller, then those given as text."""
    found: dict[str, str] = {}
    if task.get("src"):
        root = Path(task["src"]).expanduser()
        if not root.is_dir():
            raise ValueError(f"task {task['name']}: src {task['src']} is no folder on the controller")
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found[path.relative_to(root).as_posix()] = base64.b64encode(path.read_bytes()).decode()
    for name, content in (task.get("files") or {}).items():
        found[name] = base64.b64encode(str(content).encode()).decode()
    return found


def client_tree(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """All entries; `plan` is described with the filter client_tree."""
    folders: dict[str, str] = {name: path.rstrip("/") for name, path in plan["folders"].items()}
    folder_mode = {"mode": "0755"} if plan.get("modes", True) else {}
    file_mode = {"mode": "0644"} if plan.get("modes", True) else {}
    entries: list[dict[str, Any]] = [{"path": path, "state": "directory", **folder_mode} for path in dict.fromkeys(folders.values())]
    # The setup file may hold a password.
    secret = {"mode": "0600", "sensitive": True} if plan.get("modes", True) else {"sensitive": bool(plan.get("sensitive"))}
    entries.append({"path": plan["setup_file"], "state": "file", "content": plan["setup"], **secret})
    known = {name: in_pods(str(path), plan) for name, path in plan["datasets"].items()}
    datasets = json.dumps(known, indent=2, sort_keys=True) + "\n"
    entries.append({"path": f"{folders['datasets']}/datasets.json", "state": "file", "content": datasets, **file_mode})
    for task in plan["tasks"]:
        seen = in_pods(folders["task_configs"], plan)
        entries += _task_files(task, folders["task_configs"], seen, (folder_mode, file_mode))
    return entries


def _task_files(task: dict[str, Any], folder: str, seen: str, modes: tuple[dict[str, str], dict[str, str]]) -> list[dict[str, Any]]:
    name, (folder_mode, file_mode) = task["name"], modes
    if task.get("state") == "absent":
        return [
            {"path": f"{folder}/{name}.json", "state": "absent"},
            {"path": f"{folder}/{name}", "state": "absent", "recursive": True},
        ]
    files = script_files(task)
    below = sorted({parent for path in files for parent in Path(path).parents if parent.as_posix() != "."})
    entries: list[dict[str, Any]] = [{"path": f"{folder}/{name}", "state": "directory", **folder_mode}]
    entries += [{"path": f"{folder}/{name}/{parent.as_posix()}", "state": "directory", **folder_mode} for parent in below]
    entries += [
        {"path": f"{folder}/{name}/{path}", "state": "file", "content_base64": content, **file_mode} for path, content in files.items()
    ]
    text = json.dumps(task_entry(task, seen), indent=2) + "\n"
    return [*entries, {"path": f"{folder}/{name}.json", "state": "file", "content": text, **file_mode}]


def outermost(paths: list[str]) -> list[str]:
    """The paths that lie below none of the others: what has to be mounted so that all are seen."""
    clean = sorted({path.rstrip("/") or "/" for path in paths})
    return [path for path in clean if not any(other != path and path.startswith(other.rstrip("/") + "/") for other in clean)]
