# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints that are to answer."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  checks:
    description: The endpoints that are to answer.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is, for messages.
        type: str
        required: true
      url:
        description: An address with C(http), C(https), or C(tcp) (C(tcp://HOST:PORT), where a connection is enough).
        type: str
        required: true
      method:
        description: HTTP method.
        type: str
        default: GET
      headers:
        description: HTTP headers of the request.
        type: dict
        default: {}
      url_username:
        description: User, where the endpoint asks for one.
        type: str
        default: ""
      url_password:
        description: Password of that user. It goes over C(https) only.
        type: str
        default: ""
      status:
        description: HTTP status codes that are right.
        type: list
        elements: int
        default: [200]
      search:
        description: A regular expression that the body must match somewhere. Any body will do when empty.
        type: str
        default: ""
  timeout:
    description: Seconds for one answer.
    type: int
    default: 10
  validate_certs:
    description: Whether certificates must be valid.
    type: bool
    default: true
  ca_path:
    description: File with the authorities that sign them.
    type: path
"""
