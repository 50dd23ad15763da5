#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: image_sbom
short_description: Write a software bill of materials of container images, as SPDX 2.3
version_added: 0.1.0
author: The neursafe.fl maintainers (@neursafe)
description:
  - Lists the packages of each image with name, version, package URL and, where the package states it as SPDX does, the licence.
    They are those of Debian (dpkg), Alpine (apk) and Python (C(.dist-info), C(.egg-info)).
  - Reads the image out of its registry, whichever program built it. Nothing is started and nothing is unpacked on disk; a layer that
    several images have is read once.
  - The same image gives the same file. A file that is there for the image's digest is not made again, and its registry is not asked.
extends_documentation_fragment:
  - neursafe.fl.registry
options:
  images:
    description:
      - The images, as name and reference. A tag is resolved to the digest that it has now.
      - An image that is only to be built, which has no reference yet, may have an empty one in check mode.
    type: dict
    required: true
  sbom_dir:
    description: Folder of the files. Each is called C(NAME@sha256-DIGEST.spdx.json).
    type: path
    required: true
  cache_dir:
    description:
      - Folder in which what was found in a layer is kept, so that an image that is built anew costs its new layers only. It may be removed
        at any time. Without it nothing is kept.
    type: path
  platform:
    description: Which one is listed of an image that is there for several platforms.
    type: str
    default: linux/amd64
  registry:
    description: Registry that the account and the certificate are for. Others are asked with the account of an earlier C(docker login).
    type: str
    default: ''
  labels:
    description: What the caller calls the options, for the messages that name one.
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: Says which files would be made.
  diff_mode:
    support: full
    description: Shows the names of the files, not what is in them.
  idempotent:
    description: A file that is there stays as it is.
    support: full
notes:
  - Runs on the controller.
  - Layers that are packed with zstd take Python 3.14.
  - Packages of RPM are not listed, and a warning says so. Nor is what was copied or compiled into an image by hand.
"""

EXAMPLES = r"""
- name: List what is in two images
  neursafe.fl.image_sbom:
    images:
      nsfl-proxy: registry.example.org:5000/nsfl-proxy:2022.1
      traefik: registry.example.org:5000/traefik:v3.6.12
    sbom_dir: /srv/audit/sbom
    registry: registry.example.org:5000
    registry_username: fl
    registry_password: "{{ nsfl_registry_password }}"
"""

RETURN = r"""
files:
  description: The file of each image.
  returned: success
  type: dict
  sample:
    nsfl-proxy: /srv/audit/sbom/nsfl-proxy@sha256-4f6a….spdx.json
missing:
  description: Names of the images that had no file. It is made now, or in check mode would be.
  returned: success
  type: list
  elements: str
changes:
  description: The same in words.
  returned: success
  type: list
  elements: str
  sample: ["list the packages of nsfl-proxy"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._image_sbom import SbomError, SbomService
from ansible_collections.neursafe.fl.plugins.module_utils._registries import ACCOUNT

OPTIONS: dict[str, dict[str, object]] = {
    "images": {"type": "dict", "required": True},
    "sbom_dir": {"type": "path", "required": True},
    "cache_dir": {"type": "path"},
    "platform": {"type": "str", "default": "linux/amd64"},
    "registry": {"type": "str", "default": ""},
    **ACCOUNT,
    "labels": {"type": "dict", "default": {}},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    service = SbomService(module.params, check_mode=module.check_mode)
    try:
        result = service.run()
    except SbomError as error:
        module.fail_json(msg=str(error))
    for text in service.warnings:
        module.warn(text)
    if not module._diff:
        result.pop("diff")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
