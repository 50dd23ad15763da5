# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""The folders of a server and of a client, as entries of a tree, and what is wrong with their settings. Pure."""

from __future__ import annotations

import re
import typing as t
from pathlib import PurePosixPath

from ansible_collections.neursafe.fl.plugins.module_utils import _storage_names as names

Facts = t.Mapping[str, t.Any]
_FOLDERS = {"server": ("selector", "proxy", "coordinator_configs"), "client": ("workspace", "datasets", "task_configs", "config")}
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}\Z")
_PATH = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}(/[A-Za-z0-9][A-Za-z0-9._-]{0,254}){0,15}\Z")
_MODE = re.compile(r"^[0-7]{4}\Z")


def entries(settings: Facts, state: str = "directory", recursive: bool = False) -> list[dict[str, t.Any]]:
    """One entry per folder of the chosen layout, relative to its top."""
    own = [str(settings[key]) for key in _FOLDERS[settings["layout"]]]
    paths = _folders_of_the_bucket(settings, own) + own
    found = []
    for path in sorted(paths, reverse=True) if state == "absent" else paths:
        entry: dict[str, t.Any] = {"path": path, "state": state}
        if state == "absent":
            # What users keep in their namespaces is not ours to remove.
            entry.update(recursive=recursive and path in own, keep_full=True)
        else:
            entry.update({part: settings[part] for part in ("mode", "owner", "group") if settings[part]})
        found.append(entry)
    return found


def _folders_of_the_bucket(settings: Facts, own: list[str]) -> list[str]:
    """What is a bucket elsewhere is a folder in the one bucket that holds all, and so is each folder on the way to one of ours."""
    if not _in_bucket(settings):
        return []
    ways = [str(parent) for path in own for parent in PurePosixPath(path).parents if str(parent) != "."]
    further = [str(settings["models"]), *map(str, settings["folders"])]
    return [path for path in dict.fromkeys([*sorted(ways), *further]) if path not in own]


def _in_bucket(settings: Facts) -> bool:
    return settings["layout"] == "server" and bool(settings.get("bucket"))


def problems(settings: Facts) -> list[str]:
    """Each problem says what is wrong and what to do."""
    found = []
    for key in ("root", "client_root", "lmdb"):
        problem = names.path_problem(settings[key])
        if problem:
            found.append(f"nsfl_directories_{key}: {problem}")
    seen: dict[str, str] = {}
    in_bucket = _in_bucket(settings)
    for key in _FOLDERS[settings["layout"]]:
        name = str(settings[key])
        if not (_PATH if in_bucket else _NAME).match(name):
            slash = "" if in_bucket else " without a slash"
            found.append(f"nsfl_directories_{key}: '{name}' is not the name of a folder; use letters, digits and . _ -{slash}")
        elif name in seen:
            found.append(f"nsfl_directories_{key}: '{name}' is nsfl_directories_{seen[name]} too; give each its own name")
        seen.setdefault(name, key)
    if in_bucket and (problem := names.bucket_problem(str(settings["bucket"]))):
        found.append(f"nsfl_bucket: {problem}")
    if settings["layout"] == "server" and not in_bucket and (problem := names.bucket_problem(str(settings["system_bucket"]))):
        found.append(f"nsfl_system_bucket: {problem}")
    found += [
        f"nsfl_directories_{key}: '{settings[key]}' is not a file mode; write four octal digits in quotes, such as \"0750\""
        for key in ("mode", "lmdb_mode")
        if settings[key] and not _MODE.match(str(settings[key]))
    ]
    return found
