#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Record what runs as a release, and find it again
version_added: 0.1.0
description:
  - Keeps the rendered objects and files of a platform that works, with the version of the collection that made them, as a Secret of the
    platform's namespace, numbered from 1. Whoever can read the platform's own Secrets can read them, and nobody else.
  - Passwords and keys that have changed since are not turned back; P(neursafe.fl.brought_back#filter) puts those of now in their place.
options:
  state:
    description:
      - V(found) returns a recorded release.
      - V(recorded) adds one, unless the latest says the same.
      - V(absent) removes all of them.
    type: str
    choices: [found, recorded, absent]
    default: found
  instance:
    description: The value of the label C(app.kubernetes.io/instance) of the platform's objects.
    type: str
    required: true
  namespace:
    description: Kubernetes namespace in which they are kept.
    type: str
    required: true
  number:
    description: The release to find. The latest when it is 0.
    type: int
    default: 0
  objects:
    description: The objects, with O(state=recorded).
    type: list
    elements: dict
    default: []
  files:
    description: The files in the shared tree, with O(state=recorded).
    type: list
    elements: dict
    default: []
  version:
    description: Version of the collection that rendered them, with O(state=recorded).
    type: str
    default: ""
  note:
    description: What has brought them there, for people.
    type: str
    default: ""
  keep:
    description: Number of releases that are kept.
    type: int
    default: 10
extends_documentation_fragment:
  - neursafe.fl.kubeconfig
attributes:
  check_mode:
    description: Says whether a release would be recorded or removed.
    support: full
  diff_mode:
    description: A release is made of what other tasks have shown.
    support: none
  idempotent:
    description: Records nothing when the latest release has the same content.
    support: full
seealso:
  - module: neursafe.fl.kube_plan
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Find the first release
  neursafe.fl.release:
    instance: neursafe-fl-server-default
    namespace: default
    number: 1
  register: first
  no_log: true # Secrets are among the objects
"""

RETURN = r"""
number:
  description: The release that was found or recorded; 0 where there is none.
  returned: always
  type: int
release:
  description: Its content; C(version), C(objects) and C(files).
  returned: with O(state=found), empty where there is none
  type: dict
releases:
  description: One line for each recorded release, the latest last.
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._release import Summary, content_of, is_same, record
from ansible_collections.neursafe.fl.plugins.module_utils._release_store import forget, listed, read, write


def found(kube: Kube, params: dict[str, t.Any], known: list[Summary]) -> dict[str, t.Any]:
    number = params["number"] or (known[-1].number if known else 0)
    secret = read(kube, params["instance"], params["namespace"], number) if number else None
    return {"number": number if secret else 0, "release": content_of(secret) if secret else {}}


def recorded(kube: Kube, params: dict[str, t.Any], known: list[Summary], check_mode: bool) -> dict[str, t.Any]:
    content = {key: params[key] for key in ("version", "objects", "files")}
    latest = known[-1].number if known else 0
    secret = read(kube, params["instance"], params["namespace"], latest) if latest else None
    if secret and is_same(secret, content):
        return {"number": latest}
    if not check_mode:
        write(kube, record(params["instance"], params["namespace"], latest + 1, content, params["note"]), params["keep"])
    return {"changed": True, "number": latest + 1}


def absent(kube: Kube, params: dict[str, t.Any], known: list[Summary], check_mode: bool) -> dict[str, t.Any]:
    for item in known if not check_mode else []:
        forget(kube, params["instance"], params["namespace"], item.number)
    return {"changed": bool(known), "number": 0}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["found", "recorded", "absent"], "default": "found"},
            "instance": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "number": {"type": "int", "default": 0},
            "objects": {"type": "list", "elements": "dict", "default": []},
            "files": {"type": "list", "elements": "dict", "default": []},
            "version": {"type": "str", "default": ""},
            "note": {"type": "str", "default": ""},
            "keep": {"type": "int", "default": 10},
            "kubeconfig": {"type": "path"},
            "context": {"type": "str"},
        },
        required_if=[("state", "recorded", ("version",))],
        supports_check_mode=True,
    )
    params = module.params
    try:
        kube = Kube(params["kubeconfig"], params["context"])
        known = listed(kube, params["instance"], params["namespace"])
        if params["state"] == "found":
            result = found(kube, params, known)
        else:
            result = (recorded if params["state"] == "recorded" else absent)(kube, params, known, module.check_mode)
    except KubeError as error:
        module.fail_json(msg=f"kubeconfig: {error}")
    module.exit_json(**{"changed": False, "releases": [item.line() for item in known], **result})


if __name__ == "__main__":
    main()
