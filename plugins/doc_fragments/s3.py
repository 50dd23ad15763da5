# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The S3 endpoint that a module speaks to, and the account."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description: Address of the S3 API, for example V(http://10.0.0.5:9000).
    type: str
    required: true
  access_key:
    description: Access key to work with.
    type: str
    required: true
  secret_key:
    description: Secret key that belongs to O(access_key).
    type: str
    required: true
  region:
    description: Region of the buckets.
    type: str
    default: us-east-1
  ca_path:
    description: File with the CA certificates that the endpoint's certificate is checked against. Empty for those of the system.
    type: str
    default: ""
  validate_certs:
    description: Whether the endpoint's certificate is checked.
    type: bool
    default: true
  labels:
    description: What O(endpoint), O(access_key) and O(secret_key) are called in the caller's settings, for error messages.
    type: dict
    default: {}
requirements:
  - minio >= 7.2.20 (Python), on the host that runs the module
"""
