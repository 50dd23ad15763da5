# SPDX-License-Identifier: Apache-2.0
"""The filters of the storage roles: each mistake is named once, with its setting and a cure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.neursafe.fl.plugins.filter import environment_file
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS
from ansible_collections.neursafe.fl.plugins.filter.s3fs_options import FilterModule as S3fsOptions

BUCKETS = {"namespaces": ["default"], "models_bucket": "models", "system_bucket": "nsfl-system", "extra_buckets": []}
KEYS = {"access_key": "nsfl", "secret_key": "canary-secret"}
STORE = {
    **BUCKETS,
    **KEYS,
    "provider": "minio",
    "hosts": ["node-1"],
    "addresses": ["10.0.0.5"],
    "port": 9000,
    "console_port": 0,
    "endpoint": "http://10.0.0.5:9000",
    "root_user": "root",
    "root_password": "canary-root",
    "manage_user": True,
    "policy": "nsfl",
    "binary_file": "/opt/minio",
    "binary_url": "",
    "binary_checksum": "",
    "data_dirs": ["/var/lib/minio"],
    "data_free_mb": 1024,
    "unit": "nsfl-minio.service",
}
FOLDER = {
    "exists": True,
    "kind": "directory",
    "entries": [],
    "mount_point": "/",
    "fstype": "ext4",
    "source": "/dev/sda",
    "remote": False,
    "shared": True,
    "free_mb": 5000,
    "read_only": False,
    "trouble": "",
}
HOST = {"systemd": True, "ports": {}, "paths": {"/var/lib/minio": FOLDER}}
CONTROLLER = {"paths": {"/opt/minio": {**FOLDER, "kind": "file"}}, "commands": {"go": ""}}
store_problems = FILTERS["object_store_problems"]
mount_problems = FILTERS["shared_storage_problems"]
options = S3fsOptions().filters()["s3fs_options"]
environment = environment_file.FilterModule().filters()["environment_file"]


def only(problems, words):
    assert len(problems) == 1 and words in problems[0] and "canary" not in problems[0], problems
    return True


def test_a_good_store_has_no_problem():
    assert store_problems(STORE, host=HOST, controller=CONTROLLER) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"namespaces": ["team_b"]}, "nsfl_fl_namespaces: 'team_b' has an underscore"),
        ({"namespaces": []}, "nsfl_fl_namespaces: it is empty"),
        ({"models_bucket": "default"}, "nsfl_models_bucket: 'default' is a bucket of nsfl_fl_namespaces already"),
        ({"extra_buckets": ["A"]}, "nsfl_extra_buckets"),
        ({"port": 70000}, "nsfl_object_store_port: 70000 is out of range"),
        ({"port": "x"}, "nsfl_object_store_port: 'x' is not a whole number"),
        ({"console_port": 9000}, "nsfl_object_store_console_port"),
        ({"endpoint": "http://10.0.0.5.9000"}, "nsfl_s3_endpoint: 'http://10.0.0.5.9000' has a dot"),
        ({"hosts": [], "addresses": []}, "nsfl_object_store_hosts"),
        ({"addresses": [""], "endpoint": "http://:9000"}, "nsfl_address: node-1 has none"),
        ({"root_password": "canary"}, "it has 6 characters"),
        ({"secret_key": "canary"}, "nsfl_s3_secret_key: it has 6 characters"),
        ({"access_key": "root"}, "nsfl_s3_access_key: 'root' is the administrator"),
        ({"binary_url": "https://x/minio", "binary_checksum": "a" * 64}, "keep one of them"),
        ({"binary_file": "", "binary_url": "https://x/minio"}, "nsfl_object_store_binary_checksum"),
        ({"binary_file": "", "binary_url": "x/minio", "binary_checksum": "a" * 64}, "is not a URL"),
        ({"data_dirs": []}, "nsfl_object_store_data_dirs: it is empty"),
        ({"data_dirs": ["/a b"]}, "nsfl_object_store_data_dirs: '/a b'"),
    ],
)
def test_settings_of_the_store(change, words):
    assert only(store_problems({**STORE, **change}), words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"systemd": False}, "systemd is not its init"),
        ({"ports": {"9000": {"pid": 12, "command": "python3", "unit": ""}}}, "port 9000 is taken by python3, process 12"),
        ({"paths": {"/var/lib/minio": {**FOLDER, "free_mb": 10}}}, "10 MB left"),
        ({"paths": {"/var/lib/minio": {**FOLDER, "read_only": True}}}, "read-only"),
        ({"paths": {"/var/lib/minio": {**FOLDER, "kind": "file"}}}, "is a file"),
        ({"paths": {"/var/lib/minio": {**FOLDER, "remote": True, "fstype": "nfs4"}}}, "nfs4"),
        ({"paths": {"/var/lib/minio": {**FOLDER, "trouble": "does not answer within 15 s"}}}, "does not answer"),
    ],
)
def test_hosts_of_the_store(change, words):
    assert only(store_problems(STORE, host={**HOST, **change}), words)


@pytest.mark.parametrize("change", [{"data_dirs": ["/a", "/var/lib/minio"]}, {"hosts": ["a", "b"], "addresses": ["10.0.0.5", "10.0.0.6"]}])
def test_a_store_of_several_folders_keeps_none_on_the_root_filesystem(change):
    disk = {**FOLDER, "mount_point": "/srv"}
    assert store_problems({**STORE, **change}, host={**HOST, "paths": {"/var/lib/minio": disk}}) == []
    assert only(
        store_problems({**STORE, **change}, host={**HOST, "paths": {"/var/lib/minio": {**disk, "mount_point": "/"}}}), "root filesystem"
    )


def test_our_own_store_on_its_port_is_no_problem():
    own = {"9000": {"pid": 12, "command": "nsfl-minio", "unit": "nsfl-minio.service"}}
    assert store_problems(STORE, host={**HOST, "ports": own}) == []


def test_the_program_must_be_there():
    missing = {"paths": {"/opt/minio": {**FOLDER, "exists": False}}, "commands": {"go": ""}}
    assert only(store_problems(STORE, controller=missing), "no file /opt/minio")
    assert only(store_problems({**STORE, "binary_file": ""}, controller={"paths": {}, "commands": {"go": ""}}), "no Go on the controller")
    assert store_problems({**STORE, "binary_file": ""}, controller={"paths": {}, "commands": {"go": "/usr/bin/go"}}) == []


MOUNTS = {
    **BUCKETS,
    **KEYS,
    "provider": "s3fs",
    "root": "/mnt/fl",
    "endpoint": "http://10.0.0.5:9000",
    "region": "us-east-1",
    "path_style": True,
    "allow_other": True,
    "umask": "0022",
    "uid": 0,
    "gid": 0,
    "stat_cache_expire": 2,
    "connect_timeout": 3,
    "readwrite_timeout": 10,
    "retries": 2,
    "extra_options": [],
    "check_interval": 30,
    "probe_timeout": 30,
    "passwd_file": "/etc/neursafe_fl/passwd-s3fs",
}
BARE = {**FOLDER, "exists": False, "kind": ""}
NODE: dict[str, Any] = {
    "systemd": True,
    "differences": [],
    "selinux": {"enforcing": False, "off": []},
    "paths": {
        "/dev/fuse": {**FOLDER, "kind": "device"},
        "/mnt/fl": FOLDER,
        "/mnt/fl/default": BARE,
        "/mnt/fl/models": {**FOLDER, "mount_point": "/mnt/fl/models", "fstype": "fuse.s3fs", "source": "models", "remote": True},
        "/mnt/fl/nsfl-system": FOLDER,
    },
}


def node(**paths):
    return {**NODE, "paths": {**NODE["paths"], **paths}}


def test_a_good_node_has_no_problem():
    assert mount_problems(MOUNTS, host=NODE) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"root": "mnt"}, "nsfl_root: 'mnt' is not an absolute path"),
        ({"endpoint": ""}, "nsfl_s3_endpoint: it is not set"),
        ({"endpoint": "host:9000"}, "nsfl_s3_endpoint: 'host:9000' has no scheme"),
        ({"umask": "18"}, "nsfl_shared_storage_umask"),
        ({"region": "eu,allow"}, "nsfl_shared_storage_region"),
        ({"extra_options": ["a,b"]}, "nsfl_shared_storage_extra_options: 'a,b'"),
        ({"extra_options": ["use_cache=/tmp\nExecStartPre=x"]}, "nsfl_shared_storage_extra_options"),
        ({"connect_timeout": 0}, "nsfl_shared_storage_connect_timeout: 0 is out of range"),
    ],
)
def test_settings_of_the_mounts(change, words):
    assert only(mount_problems({**MOUNTS, **change}), words)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ({"/dev/fuse": {**BARE}}, "/dev/fuse is missing"),
        ({"/mnt/fl": {**FOLDER, "kind": "file"}}, "/mnt/fl is a file"),
        ({"/mnt/fl": {**FOLDER, "shared": False}}, "mount --make-rshared /"),
        ({"/mnt/fl": {**FOLDER, "read_only": True}}, "read-only"),
        ({"/mnt/fl": {**FOLDER, "mount_point": "/mnt/fl", "fstype": "fuse.s3fs", "source": "all"}}, "mounted on /mnt/fl itself"),
        ({"/mnt/fl/default": {**FOLDER, "entries": ["a"]}}, "/mnt/fl/default holds a"),
        ({"/mnt/fl/default": {**FOLDER, "kind": "file"}}, "is a file"),
        ({"/mnt/fl/default": {**FOLDER, "mount_point": "/mnt/fl/default"}}, "/dev/sda (ext4) is mounted"),
        (
            {"/mnt/fl/models": {**FOLDER, "mount_point": "/mnt/fl/models", "fstype": "fuse.s3fs", "source": "default"}},
            "bucket default is mounted",
        ),
    ],
)
def test_nodes(paths, words):
    assert only(mount_problems(MOUNTS, host=node(**paths)), words)


def test_f46_selinux_that_keeps_pods_from_the_mounts_is_told_of():
    confined = {"enforcing": True, "off": ["virt_sandbox_use_fusefs"]}
    assert only(mount_problems(MOUNTS, host={**NODE, "selinux": confined}), "setsebool -P virt_sandbox_use_fusefs on")
    for harmless in ({**confined, "enforcing": False}, {**confined, "off": []}):
        assert mount_problems(MOUNTS, host={**NODE, "selinux": harmless}) == []


def test_f47_a_bucket_that_was_mounted_by_hand_is_told_of_and_one_whose_unit_died_is_not():
    idle = {**NODE, "differences": ["nsfl-s3fs@models.service: enable (at boot)", "nsfl-s3fs@models.service: restart (it is inactive)"]}
    assert only(
        mount_problems(MOUNTS, host=idle), "bucket models is mounted at /mnt/fl/models, but not by its unit; take it out of /etc/fstab"
    )
    dead = {**NODE["paths"]["/mnt/fl/models"], "trouble": "Transport endpoint is not connected"}
    assert mount_problems(MOUNTS, host={**idle, "paths": {**NODE["paths"], "/mnt/fl/models": dead}}) == []


def test_f38_everything_that_a_node_lacks_is_told_at_once():
    lacking = {**node(**{"/dev/fuse": BARE, "/mnt/fl": {**FOLDER, "read_only": True}}), "systemd": False}
    found = mount_problems(MOUNTS, host=lacking)
    for word in ("systemd is not its init", "/dev/fuse is missing", "read-only"):
        assert len([problem for problem in found if word in problem]) == 1, found


def test_a_given_tree_has_to_be_there():
    given = {**MOUNTS, "provider": "external", "endpoint": ""}
    found = mount_problems(given, host=node(**{"/mnt/fl/models": {**FOLDER, "trouble": "does not answer within 30 s"}}))
    assert len(found) == 2 and "no folder /mnt/fl/default" in found[0] and "does not answer" in found[1]


def test_the_options_follow_settings_and_version():
    plain = options(MOUNTS, version="1.90")
    assert "url=http://10.0.0.5:9000," in plain and "compat_dir" not in plain and plain.endswith("fsname=%i,subtype=s3fs")
    assert "compat_dir,disable_noobj_cache" in options(MOUNTS, version="1.93") and "compat_dir" not in options(MOUNTS)
    changed = options({**MOUNTS, "path_style": False, "allow_other": False, "extra_options": ["use_cache=/var/cache/s3fs"]})
    assert "path_request" not in changed and "allow_other" not in changed and "use_cache=/var/cache/s3fs" in changed
    assert "canary" not in plain


def test_the_one_bucket_is_the_only_one():
    assert store_problems({**STORE, "bucket": "nsfl"}) == []
    assert only(store_problems({**STORE, "bucket": "nsfl_fl"}), "nsfl_bucket")


def test_environment_files_read_back_what_was_written():
    text = environment({"B": 'q"u\\o$t`e %', "A": 1})
    assert text == 'A="1"\nB="q\\"u\\\\o\\$t\\`e %"\n'
    for bad in ({"A": "x\ny"}, {"A B": "x"}, {"A=B": "x"}, {"A\n": "x"}):
        with pytest.raises(AnsibleFilterError):
            environment(bad)
