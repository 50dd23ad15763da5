# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trusted_ca
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: The authority by whose certificates a service of the platform is known
description:
  - Returns the path of the file on the controller, or what is in it. It is the inventory's own file where one is named, and else the
    generated one, provided that the platform uses TLS and runs the service itself, which is so when one of the groups has a host.
  - Otherwise the answer is empty, which means the authorities that the system trusts.
  - In check mode, and while a playbook only checks settings, nothing is written.
options:
  _terms:
    description: Groups of hosts, of which each stands for a service that the platform runs.
    type: list
    elements: str
    required: true
  content:
    description: Whether to return what is in the file.
    type: bool
    default: false
  setting:
    description: The setting that O(ca_file) comes from, for messages.
    type: str
    default: nsfl_ca_file
extends_documentation_fragment:
  - neursafe.fl.certificates
"""

EXAMPLES = r"""
- name: Show by whom the object store is known
  ansible.builtin.debug:
    msg: "{{ lookup('neursafe.fl.trusted_ca', 'nsfl_object_store') | default('the system knows it', true) }}"
"""

RETURN = r"""
_raw:
  description: The path, or the content.
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils import _certificate_store as store
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificate_lookup import CertificateLookup
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import CertificateError, authorities


class LookupModule(CertificateLookup):
    """One answer, whatever the number of groups."""

    def answers(self, terms: list[str], variables: dict[str, Any]) -> list[str]:
        return [self._answer(terms, variables)]

    def _answer(self, groups: list[str], variables: dict[str, Any]) -> str:
        settings = self.settings(variables)
        ours = store.is_on(self.value("tls")) and any((variables.get("groups") or {}).get(group) for group in groups)
        if not settings.ca_file and not ours:
            return ""
        certificate = self._given(settings.ca_file) if settings.ca_file else store.authority(settings).certificate
        return certificate if self.get_option("content") else settings.authority_file

    def _given(self, path: str) -> str:
        setting = self.get_option("setting")
        text = store.read(setting, path)
        try:
            authorities(text)
        except CertificateError as error:
            raise CertificateError(f"{setting}: {path} {error}") from error
        return text
