# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client on a host without a cluster: its setup file, its mounts, and what is wrong with its settings. Pure functions."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils import _checks as check
from ansible_collections.neursafe.fl.plugins.module_utils._client_files import FOLDERS, outermost
from ansible_collections.neursafe.fl.plugins.module_utils._problem_text import readable

# systemd reads the paths of mounts, where these have a meaning.
_NOT_IN_A_UNIT = r"[,%$\"'\\]"
_LEFT_OUT = "'..', blanks, colons, commas, quotes, % and $"
GPU_COMMANDS = ("nvidia-ctk", "nvidia-container-runtime", "nvidia-container-runtime-hook")
_LITTLE_MB = 64
RUNTIMES = ("tensorflow", "pytorch")
# Keys that the component reads and that are only written when they say something.
_OPTIONAL = ("ssl", "username", "password", "public_key", "private_key", "certificate", "resource")
_PATHS = ("ssl", "public_key", "private_key", "certificate")
_SETUP_KEYS = (
    "host", "port", "server", "lmdb_path", "workspace", "platform", "task_config_entry", "datasets", "storage_quota", "log_level",
    "external_address", "registration", "runtime", "label", "max_task_parallelism", "client_id", *_OPTIONAL,
)  # fmt: skip


def setup(settings: dict[str, Any]) -> dict[str, Any]:
    """The content of setup.json, each value of the type that the component insists on."""
    folders = settings["folders"]
    content: dict[str, Any] = {
        "host": settings["host"],
        "port": int(settings["port"]),
        "server": settings["server"],
        "lmdb_path": folders["lmdb"],
        "workspace": folders["workspace"],
        "platform": "linux",
        "task_config_entry": folders["task_configs"],
        "datasets": f"{folders['datasets']}/datasets.json",
        # A string here ends the process.
        "storage_quota": int(settings["storage_quota"]),
        "log_level": str(settings["log_level"]).upper(),
        # Without it the client registers 0.0.0.0, and the coordinator calls itself.
        "external_address": settings["external_address"],
        # A JSON boolean here ends the process.
        "registration": "True" if settings["registration"] else "False",
        # Split at commas and compared without trimming.
        "runtime": ",".join(str(name).strip() for name in settings["runtime"]),
        "label": settings["label"],
        "max_task_parallelism": int(settings["max_task_parallelism"]),
    }
    content.update({key: settings[key] for key in _OPTIONAL if settings.get(key)})
    return {**content, **(settings.get("setup") or {})}


def mounts(settings: dict[str, Any]) -> list[str]:
    """Folders and files that the container has to see at the same path: everything that the setup file or datasets.json names."""
    paths = [settings["root"], *settings["folders"].values(), *(settings.get("datasets") or {}).values()]
    paths += [settings[key] for key in _PATHS if settings.get(key)]
    found: list[str] = outermost([*paths, *(settings.get("extra_mounts") or [])])
    return found


def _address_problem(name: str, value: str, example: str) -> list[str]:
    if not value:
        return [f"{name}: not set; give HOST:PORT, e.g. {example}"]
    if "@" in value:
        return [f"{name}: it has an account in it; give HOST:PORT, e.g. {example}"]
    if re.fullmatch(r"[\d.]+\.\d{4,5}", value):
        return [f"{name}: {value!r} has a dot where the colon belongs; write {re.sub(r'[.](?=[0-9]+$)', ':', value)}"]
    if "//" in value:
        return [f"{name}: {value!r} is a URL; give HOST:PORT without a scheme"]
    if check.host_port(value):
        return [f"{name}: {value!r} is not HOST:PORT; e.g. {example} (the client splits at one colon, so no IPv6)"]
    return []


def problems(settings: dict[str, Any], prefix: str = "nsfl_client_") -> list[str]:
    """Everything that is wrong with the settings, each as "<setting>: <what>; <fix>"."""
    found = _address_problem(f"{prefix}server", settings["server"], "192.0.2.10:30091, the proxy's gRPC NodePort")
    found += _address_problem(
        f"{prefix}external_address", settings["external_address"], "192.0.2.20:22000, this host as the server sees it"
    )
    if re.match(r"(0\.0\.0\.0|127\.|localhost)", settings["external_address"] or ""):
        found.append(f"{prefix}external_address: {settings['external_address']!r} leads the server to itself; give this host's own address")
    if not 0 < int(settings["port"]) < 65536:
        found.append(f"{prefix}port: {settings['port']} is no port; 22000 is usual")
    for name in settings["runtime"] or [""]:
        if str(name).strip() not in RUNTIMES:
            found.append(f"{prefix}runtime: {name!r} is unknown; a list of {', '.join(RUNTIMES)}")
    if int(settings["storage_quota"]) < 1:
        found.append(f"{prefix}storage_quota: {settings['storage_quota']} leaves no room; it is in MB")
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", settings["name"]):
        found.append(f"{prefix}name: {settings['name']!r} names no container; use letters, digits, hyphens")
    found += _own_problems(settings, prefix) + _path_problems(settings, prefix)
    for key in settings.get("setup") or {}:
        if key not in _SETUP_KEYS:
            near = difflib.get_close_matches(key, _SETUP_KEYS, 1)
            found.append(f"{prefix}setup.{key}: the client knows no such key; {'did you mean ' + near[0] + '?' if near else 'remove it'}")
    return found + task_problems(settings.get("tasks") or [], prefix)


def _own_problems(settings: dict[str, Any], prefix: str) -> list[str]:
    """Of the host alone: where it listens, and how much it does at a time."""
    found, tasks = [], int(settings["max_task_parallelism"])
    if not check.host(settings["host"]):
        found.append(f"{prefix}host: {check.shown(settings['host'])} is no address to listen at; 0.0.0.0 stands for all of this host")
    image = check.image(settings["image"]) if settings.get("image") else None
    if image:
        found.append(f"{prefix}image: {image[0]}; {image[1]}")
    for name, value in (settings.get("env") or {}).items():
        # They are lines of a unit file, and their values are not shown.
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", str(name)) or check.line(value):
            found.append(
                f"{prefix}env: {str(name)[:40]!r} is no variable; letters, digits and underscores, each with one value on one line"
            )
    if tasks < 1 and tasks != -1:
        found.append(f"{prefix}max_task_parallelism: {tasks} leaves no task to run; give 1 or more, or -1 for no limit")
    return found


def _path_problems(settings: dict[str, Any], prefix: str) -> list[str]:
    found = []
    root = settings["root"].rstrip("/")
    paths = {f"{prefix}root": settings["root"]}
    paths.update({f"{prefix}{name}_dir": settings["folders"].get(name, "") for name in FOLDERS if name in settings["folders"]})
    paths.update({f"{prefix}datasets.{name}": path for name, path in (settings.get("datasets") or {}).items()})
    paths.update({f"{prefix}{key}{'_dir' if key == 'ssl' else ''}": settings[key] for key in _PATHS if settings.get(key)})
    paths.update({f"{prefix}extra_mounts[{index}]": path for index, path in enumerate(settings.get("extra_mounts") or [])})
    own = [f"{prefix}{name}_dir" for name in FOLDERS]
    if not root:
        return [f"{prefix}root: {check.shown(settings['root'])} is no folder of its own; name one below /"]
    for name, path in paths.items():
        if check.absolute_path(path) or re.search(_NOT_IN_A_UNIT, path):
            found.append(f"{name}: {check.shown(path)} cannot be mounted; give an absolute path without {_LEFT_OUT}")
        elif name in own and not (path.rstrip("/") + "/").startswith(root + "/"):
            found.append(f"{name}: {path!r} lies outside {prefix}root ({root}); move it below, or change the root")
    return found


def task_problems(tasks: list[dict[str, Any]], prefix: str = "nsfl_client_") -> list[str]:
    """What is wrong with task entries; the same for both kinds of client."""
    found = []
    names = [task.get("name", "") for task in tasks]
    for number, task in enumerate(tasks):
        where = f"{prefix}tasks[{number}]"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", task.get("name", "")):
            found.append(f"{where}.name: {task.get('name')!r} is no file name; use letters, digits, _ and -")
        elif names.count(task["name"]) > 1:
            found.append(f"{where}.name: {task['name']!r} is there more than once; a task entry has one definition")
        if task.get("state") == "absent":
            continue
        for part in ("train", "evaluate"):
            missing = [key for key in ("command", "entry") if not (task.get(part) or {}).get(key)]
            if missing and (part == "train" or task.get(part)):
                found.append(f"{where}.{part}: {' and '.join(missing)} missing; e.g. command python3.7, entry {part}.py")
    return found


def standalone_client(settings: dict[str, Any]) -> dict[str, Any]:
    """All that follows from the settings, in one go: the setup file's text, the mounts, the problems."""
    found = problems(settings)
    if found:
        return {"problems": [readable(problem) for problem in found], "setup": "", "mounts": []}
    return {"problems": [], "setup": json.dumps(setup(settings), indent=2) + "\n", "mounts": mounts(settings)}


def host_problems(host: dict[str, Any], facts: dict[str, Any], warnings: bool = False) -> list[str]:
    """What the module host_info saw on the host that stands in the way, or, with `warnings`, that deserves attention."""
    if warnings:
        return _notes(host, facts)
    found = []
    if not host.get("systemd", True):
        found.append("nsfl_client_provider: this host's init is not systemd, which keeps a standalone client running; use another host")
    if not host["commands"].get(facts["engine"]) and not facts["engine_install"]:
        found.append(f"nsfl_client_engine: {facts['engine']} is not installed; install it, or set nsfl_client_engine_install: true")
    listener = host["ports"].get(str(facts["port"])) or {}
    unit = str(listener.get("unit") or "")
    # The client listens from within a container, so its process belongs to the service or to a scope that its engine made.
    if unit and not re.search(rf"{re.escape(facts['name'])}|libpod|docker-", unit):
        who = f"{listener.get('command') or 'a program'} ({unit})"
        found.append(f"nsfl_client_port: {facts['port']} is taken by {who}; choose another port")
    found += _confinement_problems(host, facts) + _gpu_problems(host, facts)
    return found + _root_problems(facts["root"], host["paths"].get(facts["root"], {}))


def _confinement_problems(host: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    """A confined container may not touch the client's folders, whose labels are the host's own."""
    if not host["selinux"]["enforcing"] or any(re.search(r"label[=:]|--privileged", word) for word in facts["engine_args"]):
        return []
    cause = "SELinux enforces its policy on this host, so the client's container could not read its folders"
    return [f"nsfl_client_engine_args: {cause}; add --security-opt=label=disable, or label=type:TYPE with folders of that type"]


def _gpu_problems(host: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    """What is offered has to be there: the driver's device, and what brings it into containers."""
    asks = [word for word in facts["engine_args"] if re.search(r"--gpus|nvidia", word)]
    if not asks and not (facts["resource"] or {}).get("gpu"):
        return []
    setting = "nsfl_client_engine_args" if asks else "nsfl_client_resource"
    found = []
    if not host["paths"].get("/dev/nvidiactl", {}).get("exists"):
        found.append("there is no /dev/nvidiactl, so no NVIDIA driver is loaded; install it (`nvidia-smi` has to list the GPU)")
    if not any(host["commands"].get(name) for name in GPU_COMMANDS):
        found.append("no NVIDIA runtime for containers is installed; install nvidia-container-toolkit")
    return [f"{setting}: a GPU is asked for, but {problem}, or leave the GPU out" for problem in found]


def _root_problems(path: str, root: dict[str, Any]) -> list[str]:
    found = []
    if root.get("trouble"):
        found.append(f"{root['trouble']}; mend the mount, or choose another folder")
    if root.get("kind") == "file":
        found.append("it is a file; choose another folder")
    if root.get("read_only"):
        found.append("its filesystem is read-only; choose another folder")
    if (root.get("free_mb") or _LITTLE_MB) < _LITTLE_MB:
        found.append(f"it has {root['free_mb']} MB left; make room")
    return [f"nsfl_client_root: {path}: {problem}" for problem in found]


def _notes(host: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    notes = []
    free = host["paths"].get(facts["root"], {}).get("free_mb") or facts["storage_quota"]
    if free < facts["storage_quota"]:
        notes.append(f"nsfl_client_storage_quota: {facts['storage_quota']} MB are on offer, but {facts['root']} has {free} MB left")
    lmdb = host["paths"].get(facts["lmdb"], {})
    if lmdb.get("remote") or str(lmdb.get("fstype", "")).startswith("fuse"):
        notes.append(f"nsfl_client_lmdb_dir: {facts['lmdb']} lies on {lmdb.get('fstype')}; LMDB is only safe on a local disk")
    if host["paths"].get("/sys/fs/cgroup", {}).get("fstype") == "cgroup2":
        notes.append("the host has cgroup v2, on which the client's code cannot limit tasks; jobs with limits may never report from here")
    return notes
