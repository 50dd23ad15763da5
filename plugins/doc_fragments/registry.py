# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account and the certificate of an image registry."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  registry_username:
    description: Account at the registry.
    type: str
    default: ''
  registry_password:
    description: Password of the account. It is never written to the user's own Docker configuration.
    type: str
    default: ''
  registry_scheme:
    description: How the registry is asked. V(auto) means plain HTTP on this machine's own addresses and HTTPS elsewhere.
    type: str
    choices: [auto, http, https]
    default: auto
  registry_ca_path:
    description: File with the authority that signed the registry's certificate.
    type: path
  validate_certs:
    description: Whether the registry's certificate is checked.
    type: bool
    default: true
"""
