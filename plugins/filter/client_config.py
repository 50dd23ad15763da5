# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: client_config
author: The neursafe.fl maintainers
version_added: 0.1.0
short_description: Read the deployment guide's client_config.json
description:
  - Turns the text of an existing C(client_config.json) into the settings that P(neursafe.fl.client_objects#filter) takes.
  - Both shapes are known, the guide's of 2022 and its successor's of 2024. Comments and commas too many are read over.
  - What is written with the wrong type but without a doubt is mended, with a notice. All problems are told of together.
options:
  _input:
    description: The text of the file.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what a file means
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'client_config.json') | neursafe.fl.client_config }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    kind:
      description: Always V(client).
      type: str
    shape:
      description: V(2022) or V(2024); empty when the text cannot be read.
      type: str
    settings:
      description: The settings; empty when there are problems.
      type: dict
    notices:
      description: One sentence for each value that was mended, added or left out.
      type: list
      elements: str
    problems:
      description: One sentence for each problem, with its place in the file, the cause and the fix.
      type: list
      elements: str
    lines:
      description: The line of each path in the file.
      type: dict
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ansible_collections.neursafe.fl.plugins.module_utils._config import read_config


def client_config(text: str) -> dict[str, Any]:
    """All that is found in the text."""
    return asdict(read_config(text, "client"))


class FilterModule:
    """Names of the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_config": client_config}
