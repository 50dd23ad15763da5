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

import fcntl
import os
import secrets
import string
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.neursafe.fl.plugins.plugin_utils._secrets_file import is_vaulted, secrets_path

ALPHABET = string.ascii_letters + string.digits
# Check mode, and the preflight of playbooks, which may end with a refusal.
NO_WRITING = ("ansible_check_mode", "__nsfl_only_looks")
PLACEHOLDER = "not-generated-in-check-mode"
HEADER = "---\n# Generated secrets of one Neursafe FL platform. Keep this file; encrypt it with ansible-vault.\n"


def write_private(path: str, values: Mapping[str, str]) -> None:
    """Replace the file in one step; it never exists with a mode other than 0600."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".secrets-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(HEADER + yaml.safe_dump(dict(values), default_flow_style=False, allow_unicode=True))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def ensure(path: str, names: list[str], length: int, load: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the values of the file with every name present, generating the missing ones under a lock."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, mode=0o700, exist_ok=True)
    lock = os.open(path + ".lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        values = load()
        missing = [name for name in names if name not in values]
        if missing and is_vaulted(path):
            raise AnsibleLookupError(
                f"nsfl_secrets_file: {path} is encrypted and lacks {', '.join(missing)}; "
                "add them with `ansible-vault edit`, or decrypt the file, run once, and encrypt it again"
            )
        if missing:
            values.update({name: "".join(secrets.choice(ALPHABET) for position in range(length)) for name in missing})
            write_private(path, values)
        return values
    finally:
        os.close(lock)


class LookupModule(LookupBase):
    """Reads the file through Ansible's loader, so that a vaulted file is decrypted."""

    def _load(self, path: str) -> dict[str, Any]:
        if not os.path.exists(path):
            return {}
        values = self._loader.load_from_file(path, cache="none") or {}  # type: ignore[union-attr]
        if not isinstance(values, dict):
            raise AnsibleLookupError(f"nsfl_secrets_file: {path} is not a map of names to secrets; restore it from a backup")
        return {str(name): str(value) for name, value in values.items()}

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        # The path comes from a variable as it was written, which may be in terms of other variables.
        file = self.get_option("file")
        path = secrets_path(self._templar.template(file) if self._templar else file, variables or {})
        values = self._load(path)
        if any(name not in values for name in terms):
            if any((variables or {}).get(name) for name in NO_WRITING):
                return [values.get(name, PLACEHOLDER) for name in terms]
            values = ensure(path, terms, self.get_option("length"), lambda: self._load(path))
        return [values[name] for name in terms]
