# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: A certificate of a service, which is made once and again before it expires
description:
  - Returns certificate, key and authority of a service. They are made where there are none, and made anew when the certificate is about
    to expire, when the names of the service have changed, and when another authority is to sign.
  - What a user gives is taken as it is, and refused, with the certificate and its names, when clients would refuse it.
  - A lookup, like the one for secrets, because what it returns is the content of files and Secrets. A role compares those with what
    there is in its one look at a host or cluster; so certificates need no task and no process of their own, and a renewed one is
    a change where it is put.
  - Without O(tls), and without a certificate of the user's, nothing is made and all values are empty.
  - In check mode, and while a playbook only checks settings, nothing is written; what is due differs then from all there is.
options:
  _terms:
    description: Names of services, unique on the platform, for example V(object-store-node-1).
    type: list
    elements: str
    required: true
  names:
    description: The addresses and host names under which clients reach the service. Empty ones do not count.
    type: list
    elements: str
    default: []
  extra:
    description: Names that a certificate is made for besides; one of the user's need not have them.
    type: list
    elements: str
    default: []
  named_addresses:
    description: Whether addresses are among the names of hosts, too, for clients that look for them there only (libpq before version 15).
    type: bool
    default: false
  cert_file:
    description: A certificate of the user's, with its chain.
    type: str
    default: ""
  key_file:
    description: Its key.
    type: str
    default: ""
  setting:
    description: The setting that O(cert_file) comes from, for messages.
    type: str
    default: cert_file
extends_documentation_fragment:
  - neursafe.fl.certificates
notes:
  - Runs on the controller and is safe with any number of forks; the folder is locked while something is made.
  - The folder has mode 0700, and keys have mode 0600.
"""

EXAMPLES = r"""
- name: Show until when the object store's certificate would be taken
  ansible.builtin.debug:
    msg: "{{ lookup('neursafe.fl.certificate', 'object-store-node-1', names=['192.0.2.10', 'node-1']).certificate }}"
"""

RETURN = r"""
_raw:
  description: For each service C(certificate), C(key) and C(authority), as PEM.
  type: list
  elements: dict
"""

import os
from typing import Any

from ansible_collections.neursafe.fl.plugins.plugin_utils import _certificate_store as store
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificate_lookup import CertificateLookup
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import CertificateError, Pair, checked, problem


class LookupModule(CertificateLookup):
    """The certificate of each term."""

    def answers(self, terms: list[str], variables: dict[str, Any]) -> list[dict[str, str]]:
        return [self._certificate(term, variables) for term in terms]

    def _names(self, option: str) -> list[str]:
        return list(dict.fromkeys(str(name) for name in self.get_option(option) if name))

    def _certificate(self, service: str, variables: dict[str, Any]) -> dict[str, str]:
        settings = self.settings(variables)
        names = self._names("names")
        if self.value("cert_file"):
            return self._given(settings, names)
        names += self._names("extra")
        # Jinja works out each name in a template, also those of the branch that is not taken.
        if not store.is_on(self.value("tls")):
            return {"certificate": "", "key": "", "authority": ""}
        try:
            checked(names)
        except CertificateError as error:
            raise CertificateError(f"{self.get_option('setting').replace('cert_file', 'names')}: {error}") from error
        pair = store.certificate(settings, service, names, self.get_option("named_addresses"))
        return {"certificate": pair.certificate, "key": pair.key, "authority": store.authority(settings).certificate}

    def _given(self, settings: store.Settings, names: list[str]) -> dict[str, str]:
        setting = self.get_option("setting")
        key_setting = setting.replace("cert_file", "key_file")
        paths = [os.path.expanduser(self.value(name)) for name in ("cert_file", "key_file")]
        if not paths[1]:
            raise CertificateError(f"{key_setting}: a certificate is given without its key ({setting}); give both files, or neither")
        pair = Pair(store.read(setting, paths[0]), store.read(key_setting, paths[1]))
        authority = store.read("nsfl_ca_file", settings.ca_file) if settings.ca_file else ""
        try:
            found = problem(pair, authority, names, store._now())
        except CertificateError as error:
            found = f"{' or '.join(paths)} {error}"
        if found:
            raise CertificateError(f"{setting}: {found}")
        return {"certificate": pair.certificate, "key": pair.key, "authority": authority}
