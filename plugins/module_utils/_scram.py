# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCRAM-SHA-256 verifiers as PostgreSQL keeps them: make one, and tell whether one belongs to a password.

The server gets the verifier instead of the password, so the password is in none of its logs, and a rerun compares it
without a login.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import stringprep
import unicodedata

_VERIFIER = re.compile(r"^SCRAM-SHA-256\$(?P<iterations>\d+):(?P<salt>[^$]+)\$(?P<stored>[^:]+):(?P<server>.+)$")
_ITERATIONS = 4096
_SALT_BYTES = 16


def make_verifier(password: str, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """The verifier of a password, with a new salt unless one is given."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", _prepare(password), salt, iterations)
    client_key = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
    server_key = hmac.new(salted, b"Server Key", hashlib.sha256).digest()
    stored_key = hashlib.sha256(client_key).digest()
    return f"SCRAM-SHA-256${iterations}:{_base64(salt)}${_base64(stored_key)}:{_base64(server_key)}"


def matches(verifier: str | None, password: str) -> bool:
    """Whether a verifier belongs to the password; no verifier, or one of another kind (md5), does not."""
    match = _VERIFIER.match(verifier or "")
    if match is None:
        return False
    same = make_verifier(password, base64.b64decode(match["salt"]), int(match["iterations"]))
    return hmac.compare_digest(same, verifier or "")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _prepare(password: str) -> bytes:
    """SASLprep, as far as PostgreSQL itself goes: what it forbids is taken as it is."""
    mapped = "".join(" " if stringprep.in_table_c12(letter) else letter for letter in password if not stringprep.in_table_b1(letter))
    normal = unicodedata.normalize("NFKC", mapped)
    forbidden = any(stringprep.in_table_c21_c22(letter) or stringprep.in_table_c8(letter) for letter in normal)
    return (password if forbidden or not normal else normal).encode("utf-8")
