#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: images
short_description: Build a platform's images from a source tree and push them, tagged by content
version_added: 0.1.0
author: The neursafe.fl maintainers (@neursafe)
description:
  - Builds every image of a catalogue from one source tree, those that others start from first, independent ones side by side.
  - Each image gets a tag made from its content (the files its build file copies, the build file, the arguments and the image it
    starts from). When the registry has that tag, nothing is built and nothing is pushed, and the builder is not even asked.
  - Writes a manifest file that names each image by its digest.
  - Build files stay as they are; image names in them are replaced in a temporary copy.
extends_documentation_fragment:
  - neursafe.fl.registry
options:
  source:
    description: Root of the source tree, which is the build context of every image. Left out for O(prebuilt) images.
    type: path
  git_url:
    description:
      - Repository of which O(source) is, or will be, a checkout. It is asked what O(git_ref) means now.
      - A tree that is not at that commit is taken for one that a task before the build will check out. Nothing is checked out here.
    type: str
    default: ''
  git_ref:
    description: Branch, tag or whole commit of O(git_url).
    type: str
    default: ''
  dockerfiles:
    description: Folder of the build files. The default is V(deploy/docker-images/dockerfiles) in O(source).
    type: path
  catalogue:
    description: The images that the tree gives.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the image, also what other build files say in C(FROM).
        type: str
        required: true
      dockerfile:
        description: File name of its build file.
        type: str
        required: true
  select:
    description: Names of the images to have. Those they start from are added. Empty means all.
    type: list
    elements: str
    default: []
  prebuilt:
    description: Images that exist already, as name and reference; they are only resolved to digests.
    type: dict
    default: {}
  mirror:
    description:
      - Whether the O(prebuilt) images are copied to O(registry), under the same digests, and named from there. Needs skopeo.
      - Registries they come from are asked with the account of an earlier C(docker login).
    type: bool
    default: false
  registry:
    description: Registry (C(host:port), with a path if wanted) to push to. Empty keeps the images in the builder.
    type: str
    default: ''
  tag:
    description: A tag for people, given to the images besides the content tag. Empty gives none.
    type: str
    default: ''
  tag_policy:
    description: Whether O(tag) may be moved from other content (V(move)) or that is refused before any build (V(keep)).
    type: str
    choices: [move, keep]
    default: move
  base_map:
    description: Replacements for image names in build files, for sites with their own mirrors and bases.
    type: dict
    default: {}
  build_args:
    description: Build arguments. Proxies among them do not count as content. Values go through the environment.
    type: dict
    default: {}
  build_secrets:
    description: Files handed to the builds as secrets (BuildKit, podman, buildah), as id and path.
    type: dict
    default: {}
  platform:
    description: Platform to build for, such as C(linux/amd64). Empty means the builder's own.
    type: str
    default: ''
  network:
    description: Network of the builds. Empty means the builder's default.
    type: str
    default: ''
  pull:
    description: Whether newer versions of base images are looked for when an image is built.
    type: bool
    default: false
  builder:
    description: Program that builds.
    type: str
    choices: [docker, podman, buildah]
    default: docker
  builder_path:
    description: Path of the builder when it is not on the search path.
    type: path
  buildx_path:
    description: Path of Docker's buildx program when it is not installed as a plugin.
    type: path
  parallel:
    description: How many images are built at the same time.
    type: int
    default: 2
  build_timeout:
    description: Seconds that one build or push may take, and that a run waits for another one which builds with O(cache_dir).
    type: int
    default: 3600
  force:
    description: Build although the registry has the content.
    type: bool
    default: false
  min_free_mb:
    description: Free space in MB that the builder's folder must have before anything is built. V(0) asks for none.
    type: int
    default: 0
  cache_dir:
    description: Folder for logs, the lock and temporary files.
    type: path
    required: true
  manifest_file:
    description: File that names each image, its digest and the reference to use. Written only when that changes.
    type: path
    required: true
  sbom_dir:
    description:
      - Folder in which each image is to have a bill of materials, as M(neursafe.fl.image_sbom) makes it. Nothing is written there.
      - With O(state=checked), an image without one is something left to do.
    type: path
  labels:
    description: What the caller calls the options, for the messages that name one.
    type: dict
    default: {}
  state:
    description:
      - V(present) makes it so. V(checked) changes nothing and returns the problems that a run would have.
      - V(begun) begins to make it so, and returns at once. A later call with V(present) waits for what was begun, and does what of it has
        not come to its end. Layers are read, too, for M(neursafe.fl.image_sbom) to find in O(cache_dir). All that ends with
        ansible-playbook at the latest. For images that are built, and on the controller, with Ansible's own Python; elsewhere
        nothing is begun.
    type: str
    choices: [present, checked, begun]
    default: present
attributes:
  check_mode:
    support: full
    description: Says which images would be built.
  diff_mode:
    support: full
    description: Shows how the manifest changes.
  idempotent:
    description: An image that the registry has with the same content is neither built nor pushed.
    support: full
notes:
  - Runs on the controller.
"""

EXAMPLES = r"""
- name: Build and push the images
  neursafe.fl.images:
    source: /srv/federated-learning
    registry: registry.example.org:5000
    registry_username: fl
    registry_password: "{{ nsfl_registry_password }}"
    catalogue:
      - name: nsfl-base
        dockerfile: base.Dockerfile
      - name: nsfl-coordinator
        dockerfile: coordinator.Dockerfile
    cache_dir: ~/.cache/neursafe-fl/images
    manifest_file: ~/.cache/neursafe-fl/images/images.json
"""

RETURN = r"""
images:
  description: What the manifest says, by image name.
  returned: when the images are known
  type: dict
  sample:
    nsfl-coordinator:
      image: registry.example.org:5000/nsfl-coordinator:c-1b7c9d2f4a60
      digest: sha256:4f6a…
      reference: registry.example.org:5000/nsfl-coordinator@sha256:4f6a…
actions:
  description:
    - What was done for each image, V(present), V(built), V(tagged) or V(copied).
    - In check mode, and with O(state=begun), what is to be done.
  returned: when the images are known
  type: dict
changes:
  description: The same in words, and which images get another digest than the manifest has named so far.
  returned: when the images are known
  type: list
  elements: str
  sample: ["build nsfl-coordinator, so far sha256:4f6a1b7c9d2f", "name nsfl-proxy sha256:77e0c1d4a3b2, so far sha256:0b9c2e5f8a71"]
phases:
  description: Seconds of each phase by image.
  returned: when something was built
  type: dict
log_dir:
  description: Folder of the log files.
  returned: always
  type: str
problems:
  description: What would go wrong, C(OPTION - CAUSE; FIX), with the option under its name in O(labels).
  returned: O(state=checked)
  type: list
  elements: str
commit:
  description: The commit that O(git_ref) means.
  returned: O(state=checked)
  type: str
up_to_date:
  description: Whether a run with O(state=present) would find nothing to do, and each image has a bill of materials in O(sbom_dir).
  returned: O(state=checked)
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.module_utils._image_service import ImagesError, ImageService
from ansible_collections.neursafe.fl.plugins.module_utils._registries import ACCOUNT

OPTIONS: dict[str, dict[str, object]] = {
    "source": {"type": "path"},
    "dockerfiles": {"type": "path"},
    "catalogue": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "dockerfile": {"type": "str", "required": True}},
    },
    "select": {"type": "list", "elements": "str", "default": []},
    "prebuilt": {"type": "dict", "default": {}},
    "registry": {"type": "str", "default": ""},
    **ACCOUNT,
    "tag": {"type": "str", "default": ""},
    "tag_policy": {"type": "str", "choices": ["move", "keep"], "default": "move"},
    "base_map": {"type": "dict", "default": {}},
    "build_args": {"type": "dict", "default": {}},
    "build_secrets": {"type": "dict", "default": {}, "no_log": False},
    "platform": {"type": "str", "default": ""},
    "network": {"type": "str", "default": ""},
    "pull": {"type": "bool", "default": False},
    "builder": {"type": "str", "choices": ["docker", "podman", "buildah"], "default": "docker"},
    "builder_path": {"type": "path"},
    "buildx_path": {"type": "path"},
    "parallel": {"type": "int", "default": 2},
    "build_timeout": {"type": "int", "default": 3600},
    "force": {"type": "bool", "default": False},
    "min_free_mb": {"type": "int", "default": 0},
    "cache_dir": {"type": "path", "required": True},
    "manifest_file": {"type": "path", "required": True},
    "sbom_dir": {"type": "path"},
    "labels": {"type": "dict", "default": {}},
    "git_url": {"type": "str", "default": ""},
    "git_ref": {"type": "str", "default": ""},
    "mirror": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "checked", "begun"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    if module.params["state"] == "begun":  # which the action does, where it can
        module.exit_json(changed=False)
    service = ImageService(module.params, check_mode=module.check_mode)
    if module.params["state"] == "checked":
        module.exit_json(changed=False, **service.check())
    try:
        result = service.run()
    except ImagesError as error:
        module.fail_json(msg=str(error), log_dir=str(service.log_dir), actions=service.actions)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
