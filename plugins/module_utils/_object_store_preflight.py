# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""What stands in the way of the object store: in its settings, on a host, on the controller. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _storage_names as names

_SHA256 = re.compile(r"^(sha256:)?[0-9a-f]{64}\Z")
Facts = t.Mapping[str, t.Any]


def buckets_problems(settings: Facts) -> list[str]:
    """Each bucket under the setting it comes from, and no name twice. Where one bucket holds all, they are folders, named alike."""
    problems = []
    seen: dict[str, str] = {}
    listed = [
        *(("nsfl_fl_namespaces", name) for name in settings["namespaces"]),
        ("nsfl_models_bucket", settings["models_bucket"]),
        ("nsfl_system_bucket", settings["system_bucket"]),
        *(("nsfl_extra_buckets", name) for name in settings["extra_buckets"]),
    ]
    if settings.get("bucket") and (problem := names.bucket_problem(str(settings["bucket"]))):
        problems.append(f"nsfl_bucket: {problem}")
    for setting, name in listed:
        problem = names.bucket_problem(str(name))
        if problem:
            problems.append(f"{setting}: {problem}")
        elif name in seen:
            problems.append(f"{setting}: '{name}' is a bucket of {seen[name]} already; give each its own name")
        seen.setdefault(str(name), setting)
    if not settings["namespaces"]:
        problems.append("nsfl_fl_namespaces: it is empty, so no job has a place to live; name at least one, such as [default]")
    return problems


def _minio_problems(settings: Facts) -> list[str]:
    problems = []
    for key, least in (("port", 1), ("console_port", 0), ("data_free_mb", 0)):
        problem = names.number_problem(settings[key], least, 65535 if "port" in key else 2**40)
        if problem:
            problems.append(f"nsfl_object_store_{key}: {problem}")
    if names.whole_number(settings["port"]) == names.whole_number(settings["console_port"]):
        problems.append(f"nsfl_object_store_console_port: {settings['port']} is the API's port; choose another, or 0 for no console")
    problems += _root_key_problems(settings)
    if not settings["hosts"]:
        problems.append(
            "nsfl_object_store_hosts: no host is there to run MinIO; put one into the group nsfl_object_store, "
            "or use a store that exists (nsfl_object_store_provider: external)"
        )
    problems += [
        f"nsfl_address: {host} has none, and the other hosts could not reach its store; set it to the host's IP address"
        for host, address in zip(settings["hosts"], settings["addresses"], strict=False)
        if not address
    ]
    if not settings["data_dirs"]:
        problems.append("nsfl_object_store_data_dirs: it is empty; name a folder for the data")
    problems += [f"nsfl_object_store_data_dirs: {problem}" for path in settings["data_dirs"] if (problem := names.path_problem(path))]
    return problems + _program_problems(settings)


def _root_key_problems(settings: Facts) -> list[str]:
    """The administrator's account. It is in no file of s3fs."""
    found = names.key_problems(str(settings["root_user"]), str(settings["root_password"]), in_a_file=False)
    settings_of = {"access_key": "nsfl_object_store_root_user", "secret_key": "nsfl_object_store_root_password"}
    return [f"{settings_of[key]}:{rest}" for key, _colon, rest in (problem.partition(":") for problem in found)]


def _program_problems(settings: Facts) -> list[str]:
    problems = []
    if settings["binary_file"] and settings["binary_url"]:
        problems.append("nsfl_object_store_binary_url: nsfl_object_store_binary_file is given too; keep one of them")
    if settings["binary_url"] and not _SHA256.match(str(settings["binary_checksum"])):
        problems.append(
            "nsfl_object_store_binary_checksum: it is no SHA-256 checksum (64 hexadecimal digits), and no program is installed unchecked; "
            "run sha256sum on a copy that you trust"
        )
    if settings["binary_url"] and not re.match(r"^(https?|file)://", str(settings["binary_url"])):
        problems.append(
            f"nsfl_object_store_binary_url: '{settings['binary_url']}' is not a URL; start it with https://, http:// or file://"
        )
    return problems


def settings_problems(settings: Facts) -> list[str]:
    """Everything that is wrong without a look at any host."""
    problems = buckets_problems(settings)
    if settings["provider"] == "minio":
        problems += _minio_problems(settings)
    no_address = settings["provider"] == "minio" and not all(settings["addresses"] or [""])
    place = names.endpoint_problem(str(settings["endpoint"]))
    if place and not no_address:
        problems.append(f"nsfl_s3_endpoint: {place}")
    for problem in names.key_problems(str(settings["access_key"]), str(settings["secret_key"])):
        problems.append(f"nsfl_s3_{problem}")
    if settings["manage_user"] and settings["access_key"] == settings["root_user"]:
        problems.append(
            f"nsfl_s3_access_key: '{settings['access_key']}' is the administrator; give the mounts and components a user of their own"
        )
    return problems


def host_problems(settings: Facts, host: Facts) -> list[str]:
    """What on this host stands in the way of MinIO."""
    problems = []
    if not host["systemd"]:
        problems.append("this host: systemd is not its init, and MinIO is run by systemd; choose another host, or provider external")
    for port, holder in host["ports"].items():
        if holder["unit"] == settings["unit"]:
            continue
        setting = "nsfl_object_store_port" if int(port) == names.whole_number(settings["port"]) else "nsfl_object_store_console_port"
        who = holder["unit"] or holder["command"] or "another program"
        pid = f", process {holder['pid']}" if holder["pid"] else ""
        problems.append(f"{setting}: port {port} is taken by {who}{pid}; stop it or choose another port")
    wanted = names.whole_number(settings["data_free_mb"]) or 0
    for path, state in host["paths"].items():
        problems += [f"nsfl_object_store_data_dirs: {problem}" for problem in _folder_problems(path, state, wanted)]
        if len(settings["hosts"]) * len(settings["data_dirs"]) > 1 and state["mount_point"] == "/":
            problems.append(
                f"nsfl_object_store_data_dirs: {path} is on the root filesystem, where MinIO keeps no part of a store of several folders; "
                "mount a disk there, or name a folder on one"
            )
    return problems


def _folder_problems(path: str, state: Facts, wanted_mb: int) -> list[str]:
    if state["trouble"]:
        return [f"{path} does not answer ({state['trouble']}); look at the mount {state['mount_point']}"]
    problems = []
    if state["exists"] and state["kind"] != "directory":
        problems.append(f"{path} is a {state['kind']}; move it away or name another folder")
    if state["read_only"]:
        problems.append(f"{path} is on a read-only filesystem ({state['mount_point']}); mount it read-write or name another folder")
    if state["remote"]:
        problems.append(
            f"{path} is on {state['fstype']} ({state['mount_point']}), where MinIO may lose data; name a folder on a local disk"
        )
    if 0 <= state["free_mb"] < wanted_mb:
        problems.append(
            f"{path} has {state['free_mb']} MB left on {state['mount_point']}, {wanted_mb} MB are wanted (nsfl_object_store_data_free_mb); "
            "free some or name another folder"
        )
    return problems


def controller_problems(settings: Facts, controller: Facts) -> list[str]:
    """Whether the program can be had there."""
    if settings["provider"] != "minio":
        return []
    if settings["binary_file"]:
        states = list(controller["paths"].values())
        if not states or not states[0]["exists"] or states[0]["kind"] == "directory":
            return [f"nsfl_object_store_binary_file: there is no file {settings['binary_file']} on the controller; correct the path"]
        return []
    if not settings["binary_url"] and not controller["commands"]["go"]:
        cure = "give nsfl_object_store_binary_file, or nsfl_object_store_binary_url and its checksum, or install Go"
        return [f"nsfl_object_store_binary_file: no program is given, and there is no Go on the controller to build it; {cure}"]
    return []


def problems(settings: Facts, host: Facts | None = None, controller: Facts | None = None) -> list[str]:
    """All of it; each problem says what is wrong and what to do."""
    found = settings_problems(settings)
    if host is not None:
        found += host_problems(settings, host)
    if controller is not None:
        found += controller_problems(settings, controller)
    return found
