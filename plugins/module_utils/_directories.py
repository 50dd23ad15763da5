# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""The folders of a server and of a client, as entries of a tree, and what is wrong with their settings. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _storage_names as names

Facts = t.Mapping[str, t.Any]
_FOLDERS = {"server": ("selector", "proxy", "coordinator_configs"), "client": ("workspace", "datasets", "task_configs", "config")}
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_MODE = re.compile(r"^[0-7]{4}\Z")


def entries(settings: Facts, state: str = "directory", recursive: bool = False) -> list[dict[str, t.Any]]:
    """One entry per folder of the chosen layout, relative to its top."""
    found = []
    for key in _FOLDERS[settings["layout"]]:
        entry: dict[str, t.Any] = {"path": settings[key], "state": state}
        if state == "absent":
            entry.update(recursive=recursive, keep_full=True)
        else:
            entry.update({part: settings[part] for part in ("mode", "owner", "group") if settings[part]})
        found.append(entry)
    return found


def problems(settings: Facts) -> list[str]:
    """Each problem says what is wrong and what to do."""
    found = []
    for key in ("root", "client_root", "lmdb"):
        problem = names.path_problem(settings[key])
        if problem:
            found.append(f"nsfl_directories_{key}: {problem}")
    seen: dict[str, str] = {}
    for key in _FOLDERS[settings["layout"]]:
        name = str(settings[key])
        if not _NAME.match(name):
            found.append(f"nsfl_directories_{key}: '{name}' is not the name of a folder; use letters, digits and . _ - without a slash")
        elif name in seen:
            found.append(f"nsfl_directories_{key}: '{name}' is nsfl_directories_{seen[name]} too; give each its own name")
        seen.setdefault(name, key)
    if settings["layout"] == "server" and (problem := names.bucket_problem(str(settings["system_bucket"]))):
        found.append(f"nsfl_system_bucket: {problem}")
    found += [
        f"nsfl_directories_{key}: '{settings[key]}' is not a file mode; write four octal digits in quotes, such as \"0750\""
        for key in ("mode", "lmdb_mode")
        if settings[key] and not _MODE.match(str(settings[key]))
    ]
    return found
