# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the client's set-up file, with the type mistakes that end the real one."""

from __future__ import annotations

import json
import logging
import os
import shutil
from typing import Any

from neursafe_fl.python.libs.shape import SUCCESSOR

DEFAULTS = {
    "host": "0.0.0.0",
    "port": 22000,
    "platform": "linux",
    "storage_quota": 10240,
    "log_level": "INFO",
    "registration": "true",
    "runtime": "tensorflow",
    "label": "",
    "max_task_parallelism": -1,
    "resource": {},
}
# The successor has no LMDB, though its generator still names a folder for it.
REQUIRED = ("server", *([] if SUCCESSOR else ["lmdb_path"]), "workspace", "task_config_entry", "datasets")
OTHERS = (
    *("external_address", "username", "password", "public_key", "private_key", "certificate", "ssl"),
    *(["lmdb_path", "client_id", "task_saving_strategy"] if SUCCESSOR else []),
)


def read_config(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as stream:
        given = json.load(stream)
    for key in sorted(set(given) - {*DEFAULTS, *REQUIRED, *OTHERS}):
        logging.warning("unknown setting %s", key)
    config = {**DEFAULTS, **given}
    for key in REQUIRED:
        config[key]  # a KeyError without it
    if not isinstance(config["port"], int):
        raise TypeError(f"port must be an integer, not {config['port']!r}")
    if config["platform"] not in ("linux", "k8s"):
        raise ValueError(f"platform {config['platform']!r} is not supported")
    if config.get("ssl"):
        raise NotImplementedError("the test double has no ssl")
    _host, port = config["server"].split(":")  # a ValueError without exactly one colon
    int(port)
    config.setdefault("external_address", f"{config['host']}:{config['port']}")
    if SUCCESSOR:
        # Alike for all clients with the same port: of two sites with it, the selector knows one.
        config.setdefault("client_id", f"{config['platform']}-0-0-0-0-{config['port']}")
    _check_folders(config)
    return config


def _check_folders(config: dict[str, Any]) -> None:
    for key in ("workspace", "task_config_entry"):
        if not os.path.isdir(config[key]):
            raise FileNotFoundError(f"{key} {config[key]} not existing")
    with open(config["datasets"], encoding="utf-8") as stream:
        datasets = json.load(stream)
    if not isinstance(datasets, dict):
        raise TypeError(f"{config['datasets']} must hold a map of names to paths")
    # A TypeError for the quota as a string, as in the real client.
    if shutil.disk_usage(config["workspace"]).total < config["storage_quota"] * 1024 * 1024:
        logging.warning("storage_quota is larger than the file system of the workspace")
    if SUCCESSOR:
        return
    if not os.path.isdir(config["lmdb_path"]):
        os.mkdir(config["lmdb_path"])  # one level only
    with open(os.path.join(config["lmdb_path"], "data.mdb"), "a+b") as stream:  # writable, or the process ends
        if stream.tell() == 0:
            stream.write(b"TEST DOUBLE: not an LMDB environment\n")
