# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: collection_version
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: The version of this collection, and those that its changelog names
description:
  - Read from the collection's own C(MANIFEST.json), or C(galaxy.yml) in a checkout, and C(changelogs/changelog.yaml).
options:
  _terms:
    description: Nothing is asked for.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Say which version this is
  ansible.builtin.debug:
    msg: "{{ lookup('neursafe.fl.collection_version').version }}"
"""

RETURN = r"""
_raw:
  description: One dictionary with C(version) and the list C(known).
  type: list
  elements: dict
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.lookup import LookupBase
from ansible_collections.neursafe.fl.plugins.plugin_utils._variables import COLLECTION


@cache
def collection_version(collection: Path = COLLECTION) -> dict[str, Any]:
    """Version, and known versions."""
    manifest, changelog = collection / "MANIFEST.json", collection / "changelogs" / "changelog.yaml"
    if manifest.is_file():
        version = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"]
    else:
        version = yaml_load((collection / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    releases = (yaml_load(changelog.read_text(encoding="utf-8"))["releases"] or {}) if changelog.is_file() else {}
    return {"version": str(version), "known": [str(item) for item in releases]}


class LookupModule(LookupBase):
    """The one answer."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [collection_version()]
