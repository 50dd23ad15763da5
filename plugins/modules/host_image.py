#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_image
short_description: Have an image on a host that runs containers without a cluster
version_added: 0.1.0
description:
  - Looks whether podman or Docker has the image, and pulls it where it is missing or O(pull=always).
  - A reference by digest that is there needs no pull; only a tag can stand for another image tomorrow.
  - Speaks to the engine by its command line, so that no library has to be on the host, and takes the account at the registry from a file.
extends_documentation_fragment: [neursafe.fl.attributes]
attributes:
  check_mode:
    description: Says whether it would pull an image that is missing, also where the engine is not installed yet.
  diff_mode:
    description: Shows the identifiers of the image before and after.
author:
  - The neursafe.fl maintainers (@neursafe)
options:
  image:
    description: Reference of the image, with its registry.
    type: str
    required: true
  engine:
    description: What runs containers.
    type: str
    choices: [podman, docker]
    default: podman
  pull:
    description: Whether an image that is there is asked for again.
    type: str
    choices: [missing, always]
    default: missing
  login_dir:
    description: A folder with the file C(config.json), in which the account at the registry is. None is used without it.
    type: path
  insecure:
    description: Whether podman takes the registry without a certificate that it trusts. Docker's daemon has a setting for that.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Have the client's image
  neursafe.fl.host_image:
    image: registry.example.org:5000/nsfl-client-cpu:latest
    login_dir: /etc/neursafe_fl/nsfl-client
"""

RETURN = r"""
present:
  description: Whether the image is there now; in check mode, whether it was.
  returned: success
  type: bool
id:
  description: Its identifier on the host, empty when it is not there.
  returned: success
  type: str
changes:
  description: What was done, or would be, in words.
  returned: success
  type: list
  elements: str
"""

import shutil

from ansible.module_utils.basic import AnsibleModule

# Not by PATH alone: a login that leaves out the administrator's folders still has the engine.
_FOLDERS = "/usr/local/bin:/usr/bin:/bin"


def identifier(module: AnsibleModule, engine: str) -> str:
    """The image's on this host, empty when there is none."""
    code, told, _error = module.run_command([engine, "image", "inspect", "--format={{.Id}}", module.params["image"]])
    return told.strip() if code == 0 else ""


def pull_command(engine: str, params: dict[str, object]) -> list[str]:
    """Docker takes its account before the verb, podman behind it."""
    login = params["login_dir"]
    if params["engine"] == "docker":
        return [engine, *([f"--config={login}"] if login else []), "pull", str(params["image"])]
    trust = ["--tls-verify=false"] if params["insecure"] else []
    return [engine, "pull", *([f"--authfile={login}/config.json"] if login else []), *trust, str(params["image"])]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "image": {"type": "str", "required": True},
            "engine": {"type": "str", "choices": ["podman", "docker"], "default": "podman"},
            "pull": {"type": "str", "choices": ["missing", "always"], "default": "missing"},
            "login_dir": {"type": "path"},
            "insecure": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    engine = shutil.which(params["engine"], path=_FOLDERS) or ""
    if not engine and not module.check_mode:
        module.fail_json(msg=f"{params['engine']} is not on this host; install it, or choose another engine")
    before = after = identifier(module, engine) if engine else ""
    missing = not before
    if (missing or params["pull"] == "always") and not module.check_mode:
        code, told, error = module.run_command(pull_command(engine, params))
        if code != 0:
            module.fail_json(msg=f"{params['engine']} cannot pull {params['image']}: {(error or told).strip()}")
        after = identifier(module, engine)
    changed = before != after or (missing and module.check_mode)
    module.exit_json(
        changed=changed,
        present=bool(after),
        id=after,
        changes=[f"pull {params['image']}"] if changed else [],
        diff={"before": f"{before}\n", "after": f"{after or '(pulled in the real run)'}\n"},
    )


if __name__ == "__main__":
    main()
