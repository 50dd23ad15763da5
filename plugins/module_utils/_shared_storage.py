# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Settings of the s3fs mounts: what is wrong with them, and the option list that they make. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.neursafe.fl.plugins.module_utils import _storage_names as names
from ansible_collections.neursafe.fl.plugins.module_utils._object_store_preflight import buckets_problems

Facts = t.Mapping[str, t.Any]
# Options become one word of a unit file, split at commas.
_OPTION = re.compile(r"^[A-Za-z0-9_]{1,63}(=[A-Za-z0-9_./:@+-]{0,1023})?\Z")
_UMASK = re.compile(r"^[0-7]{4}\Z")
_REGION = re.compile(r"^[A-Za-z0-9_-]{1,63}\Z")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def options(settings: Facts, version: str = "") -> str:
    """The -o list of s3fs. Its version decides over two behaviours whose defaults changed in 1.92."""
    chosen = [
        f"passwd_file={settings['passwd_file']}",
        f"url={str(settings['endpoint']).rstrip('/')}",
        f"endpoint={settings['region']}",
        *(["use_path_request_style"] if settings["path_style"] else []),
        *(["allow_other"] if settings["allow_other"] else []),
        f"umask={settings['umask']}",
        f"uid={settings['uid']}",
        f"gid={settings['gid']}",
        f"stat_cache_expire={settings['stat_cache_expire']}",
        f"connect_timeout={settings['connect_timeout']}",
        f"readwrite_timeout={settings['readwrite_timeout']}",
        f"retries={settings['retries']}",
    ]
    if _version(version) >= (1, 92):
        # Folders of what nsfl-ctl uploads have no objects of their own, and another host may make a file that was missing here.
        chosen += ["compat_dir", "disable_noobj_cache"]
    # The mount table then says which bucket is mounted where.
    chosen += [*settings["extra_options"], "fsname=%i", "subtype=s3fs"]
    return ",".join(chosen)


def _number_problems(settings: Facts) -> list[str]:
    bounds = {
        "uid": (0, 2**31),
        "gid": (0, 2**31),
        "stat_cache_expire": (0, 3600),
        "connect_timeout": (1, 300),
        "readwrite_timeout": (1, 300),
        # s3fs itself refuses to start with none.
        "retries": (1, 20),
        "check_interval": (0, 86400),
        "probe_timeout": (1, 600),
    }
    return [
        f"nsfl_shared_storage_{key}: {problem}"
        for key, (least, most) in bounds.items()
        if (problem := names.number_problem(settings[key], least, most))
    ]


def settings_problems(settings: Facts) -> list[str]:
    """Everything that is wrong without a look at the host."""
    problems: list[str] = buckets_problems(settings)
    root = names.path_problem(settings["root"])
    if root:
        problems.append(f"nsfl_root: {root}")
    if settings["provider"] != "s3fs":
        return problems
    if not settings["endpoint"]:
        problems.append(
            "nsfl_s3_endpoint: it is not set, so there is nothing to mount; give the object store's address, such as http://10.0.0.5:9000"
        )
    elif place := names.endpoint_problem(str(settings["endpoint"])):
        problems.append(f"nsfl_s3_endpoint: {place}")
    problems += [f"nsfl_s3_{problem}" for problem in names.key_problems(str(settings["access_key"]), str(settings["secret_key"]))]
    if not _UMASK.match(str(settings["umask"])):
        problems.append(
            f"nsfl_shared_storage_umask: '{settings['umask']}' is no umask; write four octal digits in quotes, such as \"0022\""
        )
    if not _REGION.match(str(settings["region"])):
        problems.append(
            f"nsfl_shared_storage_region: '{settings['region']}' is no region; use letters, digits and hyphens, such as us-east-1"
        )
    problems += [
        f"nsfl_shared_storage_extra_options: '{option}' is no s3fs option; write name or name=value, one per entry, without comma and space"
        for option in settings["extra_options"]
        if not _OPTION.match(str(option))
    ]
    return problems + _number_problems(settings)


def _buckets(settings: Facts) -> list[str]:
    if settings.get("bucket"):
        return [str(settings["bucket"])]
    listed = [*settings["namespaces"], settings["models_bucket"], settings["system_bucket"], *settings["extra_buckets"]]
    return list(dict.fromkeys(str(name) for name in listed))


def _point_problem(point: str, bucket: str, state: Facts) -> str:
    """What is in the way of mounting `bucket` at `point`."""
    if state["exists"] and state["kind"] not in ("directory", ""):
        return f"{point} is a {state['kind']}, and a folder is wanted for bucket {bucket}; move it away"
    if state["mount_point"] != point:
        if state["entries"]:
            return f"{point} holds {', '.join(state['entries'][:5])}, which a mount would hide; move it away (and later into the bucket)"
        return ""
    if state["fstype"] != "fuse.s3fs":
        return f"{state['source']} ({state['fstype']}) is mounted at {point}; unmount it or choose another root"
    if state["source"] not in (bucket, "s3fs"):
        return f"bucket {state['source']} is mounted at {point}, where {bucket} belongs; unmount it"
    return ""


def _by_hand(point: str, bucket: str, differences: t.Sequence[str]) -> str:
    """Empty, or that somebody else has mounted the right bucket: its unit, which would mount it, does not run."""
    if not any(f"@{bucket}.service: restart (it is inactive)" in one for one in differences):
        return ""
    return (
        f"bucket {bucket} is mounted at {point}, but not by its unit; take it out of /etc/fstab or of whatever mounts it, and unmount it "
        f"(`umount -l {point}`): its files stay where they are, in the bucket"
    )


def _point_problems(settings: Facts, host: Facts) -> list[str]:
    problems = []
    for bucket in _buckets(settings):
        point = f"{str(settings['root']).rstrip('/')}/{bucket}"
        state = host["paths"][point]
        problem = _point_problem(point, bucket, state)
        if not problem and state["mount_point"] == point and not state["trouble"]:
            problem = _by_hand(point, bucket, host["differences"])
        if problem:
            problems.append(f"nsfl_root: {problem}")
    return problems


def _s3fs_host_problems(settings: Facts, host: Facts) -> list[str]:
    problems = []
    root = str(settings["root"]).rstrip("/")
    paths = host["paths"]
    if not host["systemd"]:
        problems.append("this host: systemd is not its init, and the mounts are run by systemd; use nsfl_shared_storage_provider: external")
    if not paths["/dev/fuse"]["exists"]:
        problems.append("this host: /dev/fuse is missing; load the kernel module (`modprobe fuse`), or give the container the device")
    if host["selinux"]["enforcing"] and "virt_sandbox_use_fusefs" in host["selinux"]["off"]:
        problems.append(
            "this host: SELinux enforces a policy that keeps containers from FUSE mounts, so no pod would see the buckets; "
            "run `setsebool -P virt_sandbox_use_fusefs on` there"
        )
    state = paths[root]
    if state["mount_point"] == root and state["fstype"].startswith("fuse"):
        problems.append(
            f"nsfl_root: {state['source']} ({state['fstype']}) is mounted on {root} itself; each bucket is mounted below it, so unmount it"
        )
    elif state["exists"] and state["kind"] not in ("directory", "symlink"):
        problems.append(f"nsfl_root: {root} is a {state['kind']}; move it away or choose another root")
    elif state["read_only"]:
        problems.append(
            f"nsfl_root: {root} is on a read-only filesystem ({state['mount_point']}); mount it read-write or choose another root"
        )
    elif not state["shared"]:
        problems.append(
            f"nsfl_root: {state['mount_point']}, which {root} lies on, is a private mount, so pods would not see the buckets; "
            f"run `mount --make-rshared {state['mount_point']}` (hosts started by systemd have it so)"
        )
    problems += _point_problems(settings, host)
    return problems


def _external_host_problems(settings: Facts, host: Facts) -> list[str]:
    problems = []
    root = str(settings["root"]).rstrip("/")
    for bucket in _buckets(settings):
        state = host["paths"][f"{root}/{bucket}"]
        if state["trouble"]:
            problems.append(f"nsfl_root: {root}/{bucket} does not answer ({state['trouble']}); look at the mount {state['mount_point']}")
        elif not state["exists"] or state["kind"] not in ("directory", "symlink"):
            problems.append(
                f"nsfl_root: there is no folder {root}/{bucket}, and with provider external it has to be there; mount or make it"
            )
        elif state["read_only"]:
            problems.append(f"nsfl_root: {root}/{bucket} is mounted read-only; mount it read-write")
    return problems


def problems(settings: Facts, host: Facts | None = None) -> list[str]:
    """All of it; each problem says what is wrong and what to do."""
    found = settings_problems(settings)
    if host is None or any(problem.startswith("nsfl_root") for problem in found):
        return found
    look = _s3fs_host_problems if settings["provider"] == "s3fs" else _external_host_problems
    return found + look(settings, host)
