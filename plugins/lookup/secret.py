# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secret
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: A secret that is generated once and then kept in one vaultable file
description:
  - Returns the value that a YAML file on the controller holds under the given name. A name that the file lacks is
    generated, added to the file, and from then on always the same.
  - The file has mode 0600. Once it is complete it can be encrypted with C(ansible-vault encrypt); a name that is missing
    from an encrypted file is an error, because the plugin never writes clear text beside encrypted text.
  - In check mode, and while a playbook only checks settings, nothing is written; a missing name gives a fixed placeholder.
options:
  _terms:
    description: Names of the secrets, for example V(database_password).
    type: list
    elements: str
    required: true
  file:
    description:
      - The path of the file. Its folder is created with mode 0700 when it is missing.
      - Without it, it is C(.nsfl-secrets.yml) beside the first inventory.
    type: str
    vars:
      - name: nsfl_secrets_file
  length:
    description: Number of characters of a generated secret, letters and digits.
    type: int
    default: 32
  former:
    description: The values from before a renewal that is not finished yet, in the place of those of now; see C(playbooks/rotate.yml).
    type: bool
    default: false
notes:
  - Runs on the controller and is safe with any number of forks; the file is locked while a name is added.
"""

EXAMPLES = r"""
- name: Show where the password of the database comes from
  ansible.builtin.debug:
    msg: "{{ lookup('neursafe.fl.secret', 'database_password', file='/etc/nsfl/secrets.yml') | length }} characters"
"""

RETURN = r"""
_raw:
  description: The secrets, in the order of the names.
  type: list
  elements: str
"""

from collections.abc import Callable
from os.path import exists
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.neursafe.fl.plugins.plugin_utils._rotation import NEW, OLD, read_pending
from ansible_collections.neursafe.fl.plugins.plugin_utils._secrets_file import (
    content_problem,
    generated,
    is_vaulted,
    locked,
    secrets_path,
    write_private,
)

# Check mode, and the preflight of playbooks, which may end with a refusal.
NO_WRITING = ("ansible_check_mode", "__nsfl_only_looks")
# Names of secrets under renewal, for the preflight, which comes before the file of secrets has the new ones.
AHEAD = "__nsfl_renewed_ahead"
PLACEHOLDER = "not-generated-in-check-mode"


def ensure(path: str, names: list[str], length: int, load: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the values of the file with every name present, generating the missing ones under a lock."""
    with locked(path):
        values = load()
        missing = [name for name in names if name not in values]
        if missing and is_vaulted(path):
            raise AnsibleLookupError(
                f"nsfl_secrets_file: {path} is encrypted and lacks {', '.join(missing)}; "
                "add them with `ansible-vault edit`, or decrypt the file, run once, and encrypt it again"
            )
        if missing:
            values.update({name: generated(length) for name in missing})
            write_private(path, values)
        return values


class LookupModule(LookupBase):
    """Reads the file through Ansible's loader, so that a vaulted file is decrypted."""

    def _load(self, path: str) -> dict[str, Any]:
        if not exists(path):
            return {}
        values = self._loader.load_from_file(path, cache="none") or {}  # type: ignore[union-attr]
        if problem := content_problem(path, values):
            raise AnsibleLookupError(problem)
        return {str(name): str(value) for name, value in values.items()}

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        # The path comes from a variable as it was written, which may be in terms of other variables.
        file = self.get_option("file")
        path = secrets_path(self._templar.template(file) if self._templar else file, variables or {})
        if self.get_option("former"):
            return [self._former(path, name) for name in terms]
        values = self._load(path) | self._ahead(path, variables or {})
        if any(name not in values for name in terms):
            if any((variables or {}).get(name) for name in NO_WRITING):
                return [values.get(name, PLACEHOLDER) for name in terms]
            values = ensure(path, terms, self.get_option("length"), lambda: self._load(path))
        return [values[name] for name in terms]

    def _ahead(self, path: str, variables: dict[str, Any]) -> dict[str, str]:
        """New values that the file of secrets does not have yet, where a preflight asks for them."""
        names = self._templar.template(variables[AHEAD]) if variables.get(AHEAD) and self._templar else []
        pending = read_pending(path) if names else {}
        return {name: pending[name][NEW] for name in names if name in pending}

    @staticmethod
    def _former(path: str, name: str) -> str:
        try:
            return read_pending(path)[name][OLD]
        except KeyError:
            raise AnsibleLookupError(f"{name} is not under renewal, so nothing is known of a former one") from None
