# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: s3fs_passwd
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: Write the password file of s3fs
description:
  - Turns a pair of keys into the text of the file that s3fs reads them from.
  - With a colon in the secret key, the short form would be read as BUCKET:ACCESS_KEY:SECRET_KEY, so the long form is written then.
options:
  _input:
    description: The access key.
    type: str
    required: true
  secret_key:
    description: The secret key.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the password file
  ansible.builtin.copy:
    dest: /etc/passwd-s3fs
    mode: "0600"
    content: "{{ nsfl_s3_access_key | neursafe.fl.s3fs_passwd(nsfl_s3_secret_key) }}"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

from collections.abc import Callable


def s3fs_passwd(access_key: str, secret_key: str) -> str:
    """What s3fs reads as these two keys."""
    if ":" in str(secret_key):
        return f"AWSAccessKeyId={access_key}\nAWSSecretKey={secret_key}\n"
    return f"{access_key}:{secret_key}\n"


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"s3fs_passwd": s3fs_passwd}
