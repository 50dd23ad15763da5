# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: file_sha256
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: The SHA-256 checksum of a file of the controller
description:
  - Reads the file in pieces, so that large programs and files that are not text can be compared with those of a host.
options:
  _terms:
    description: Paths of files, absolute or from the user's home with C(~).
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Compare a program with that of the host
  neursafe.fl.host_info:
    programs:
      - path: /usr/local/bin/minio
        sha256: "{{ lookup('neursafe.fl.file_sha256', '~/downloads/minio') }}"
"""

RETURN = r"""
_raw:
  description: 64 hexadecimal digits for each path, or an empty text where there is no file.
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.neursafe.fl.plugins.module_utils._host_wanted import sha256


class LookupModule(LookupBase):
    """The checksum of each term."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        return [sha256(os.path.expanduser(term)) for term in terms]
