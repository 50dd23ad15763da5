# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where certificates are, and how long they last."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tls:
    description: Whether the platform's services use TLS.
    type: raw
    default: true
    vars:
      - name: nsfl_tls
  ca_file:
    description: >-
      The authority's certificate. Without it one is generated into C(.nsfl-ca/ca.crt) beside the file of secrets, and made anew when
      it would not outlast what it is to sign.
    type: str
    default: ""
    vars:
      - name: nsfl_ca_file
  ca_key_file:
    description: The key of the authority in O(ca_file).
    type: str
    default: ""
    vars:
      - name: nsfl_ca_key_file
  days:
    description: How long a new certificate is valid.
    type: raw
    default: 365
    vars:
      - name: nsfl_certificate_days
  renew_days:
    description: A certificate with fewer days left is made anew.
    type: raw
    default: 30
    vars:
      - name: nsfl_certificate_renew_days
  secrets_file:
    description: The file of secrets, beside which certificates are.
    type: str
    default: ""
    vars:
      - name: nsfl_secrets_file
"""
