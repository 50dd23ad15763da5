# SPDX-License-Identifier: Apache-2.0
# WANT_JSON
"""Stands in for a module that looks at a host, a cluster or a registry: notes what it was asked, and says that all is well."""

import json
import os
import sys
import uuid
from typing import Any

MODULE, RECORDS = "@MODULE@", "@RECORDS@"
PATH = {
    "exists": True,
    "kind": "directory",
    "entries": [],
    "mount_point": "/",
    "fstype": "ext4",
    "source": "/dev/sda1",
    "remote": False,
    "shared": True,
    "free_mb": 100000,
    "read_only": False,
    "trouble": "",
}

AnsibleModule: Any = None  # given by whoever runs this in its own process


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    with open(os.path.join(RECORDS, f"{MODULE}-{uuid.uuid4().hex}.json"), "w", encoding="utf-8") as stream:
        json.dump(asked, stream)
    files = [path for path in asked.get("paths", []) if path.rsplit("/", 1)[-1] == "minio" and "neursafe" in path]
    answers: dict[str, dict[str, Any]] = {
        "host_info": {
            "ports": {},
            "paths": {path: {**PATH, "kind": "file"} if path in files else PATH for path in asked.get("paths", [])},
            "commands": {name: f"/usr/bin/{name}" for name in asked.get("commands", [])},
            "versions": dict.fromkeys(asked.get("versions", []), "1.90"),
            "systemd": True,
            "selinux": {"enforcing": False, "off": []},
            "differences": ["all of it"],
        },
        "kube_plan": {
            **{name: [] for name in ("apply", "stale", "differences", "problems", "ready", "waiting", "outdated", "silent")},
            "at_rest": False,
            "cluster_dns": "10.96.0.10",
        },
        "images": {"problems": [], "up_to_date": False, "commit": ""},
        "mongodb_schema": {"problems": [], "up_to_date": False, "installed": False},
        "postgresql_schema": {"problems": [], "up_to_date": False, "installed": False, "server_ready": False},
    }
    return {"changed": False, **answers[MODULE]}


def main() -> None:
    module = AnsibleModule({name: {"type": "raw"} for name in AnsibleModule.arguments}, supports_check_mode=True)
    module.exit_json(**answer(module.params))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as stream:
        print(json.dumps(answer({name: value for name, value in json.load(stream).items() if not name.startswith("_ansible")})))
