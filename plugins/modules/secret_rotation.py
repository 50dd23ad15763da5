#!/usr/bin/python
# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_rotation
short_description: The steps of a renewal of generated secrets
version_added: 0.1.0
description:
  - Works on the file of generated secrets (see P(neursafe.fl.secret#lookup)) and on a file beside it, C(FILE.rotation), both of mode 0600.
    The latter has the old value and the new one of each secret under renewal, from the announcement to the end.
  - Killed at any moment, the same steps again finish what was begun. No value is ever part of the result.
  - An encrypted file of secrets is refused.
options:
  state:
    description:
      - V(announced) makes new values and keeps them beside the old ones; nothing reads them yet.
      - V(begun) puts them into the file of secrets, in one step; from then on each run brings them everywhere.
      - V(ended) forgets the old ones.
    type: str
    choices: [announced, begun, ended]
    required: true
  names:
    description:
      - Secrets, by their names in C(meta/secrets.yml).
      - With O(state=announced), those to renew; all that can be renewed when it is empty. What an earlier run has begun comes in addition.
    type: list
    elements: str
    default: []
  outside:
    description: With O(state=announced), values of now of secrets that are not in the file, by name.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Says whether something would be written.
    support: full
  diff_mode:
    description: Secrets are not shown.
    support: none
  idempotent:
    description: Each step again finds it done.
    support: full
notes:
  - Runs on the controller only.
author:
  - The neursafe.fl maintainers (@neursafe)
"""

EXAMPLES = r"""
- name: Choose the secrets that are to be made anew
  neursafe.fl.secret_rotation:
    state: announced
    names: [database_password]
"""

RETURN = r"""
names:
  description: What is under renewal.
  returned: O(state=announced)
  type: list
  elements: str
begun:
  description: Those of which an earlier run may have brought the new value somewhere.
  returned: O(state=announced)
  type: list
  elements: str
ahead:
  description: Those whose new values a preflight is to ask with.
  returned: O(state=announced)
  type: list
  elements: str
roles:
  description: The roles that prove them.
  returned: O(state=announced)
  type: list
  elements: str
kept:
  description: Secrets that are not renewed, each with the reason and what to do.
  returned: O(state=announced)
  type: list
  elements: str
"""
