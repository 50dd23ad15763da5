# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of generated secrets on the controller: where it is, who can read it, and how it is written."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole

# Hidden, because Ansible reads every other file of an inventory folder as an inventory.
NAME = ".nsfl-secrets.yml"
HEADER = "---\n# Generated secrets of one Neursafe FL platform. Keep this file; encrypt it with ansible-vault.\n"
PRIVATE = 0o600
ALPHABET = string.ascii_letters + string.digits


def secrets_path(given: str | None, variables: Mapping[str, Any]) -> str:
    """The absolute path; beside the first inventory when none is given."""
    if given:
        return os.path.abspath(os.path.expanduser(given))
    sources = [str(source) for source in variables.get("ansible_inventory_sources") or [] if os.path.exists(str(source))]
    first = os.path.abspath(sources[0]) if sources else os.getcwd()
    return os.path.join(first if os.path.isdir(first) else os.path.dirname(first), NAME)


def generated(length: int = 32) -> str:
    """A new secret."""
    return "".join(secrets.choice(ALPHABET) for position in range(length))


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Nobody else adds to the file meanwhile. Its folder is made, with a mode of its own."""
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    lock = os.open(path + ".lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, PRIVATE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def write_private(path: str, values: Mapping[str, Any], header: str = HEADER) -> None:
    """Replace a file of secrets."""
    text = header + yaml.safe_dump(dict(values), default_flow_style=False, allow_unicode=True)
    write_whole(Path(path), text.encode(), PRIVATE)


def is_vaulted(path: str) -> bool:
    """True when the file starts with the header of ansible-vault."""
    try:
        with open(path, "rb") as stream:
            return stream.read(14) == b"$ANSIBLE_VAULT"
    except FileNotFoundError:
        return False


def secrets_problem(path: str, load: Callable[[str], Any]) -> str:
    """Why the file cannot keep secrets, with the cure; empty when it can. `load` reads YAML, vaulted or not."""
    if not os.path.lexists(path):
        return ""
    if not os.path.isfile(path):
        return f"nsfl_secrets_file: {path} is no file; name another, or remove it"
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        if mode & 0o077 and not is_vaulted(path):
            return f"nsfl_secrets_file: {path} is open to other users (mode {mode:04o}); run chmod 600 {path}, and change what is in it"
        content = load(path)
    except OSError as error:
        return f"nsfl_secrets_file: {path} cannot be read ({error.strerror}); run as its owner, or name another file"
    except Exception as error:  # the loader has a type of its own for each way in which YAML and vaults fail
        return f"nsfl_secrets_file: {path} cannot be read ({_first_line(error)}); give the vault's password, or restore it from a backup"
    return content_problem(path, content)


def content_problem(path: str, content: Any) -> str:
    """Why what stands in the file is no map of secrets; empty when it is one, or nothing."""
    if content is not None and not isinstance(content, dict):
        return f"nsfl_secrets_file: {path} is not a map of names to secrets; restore it from a backup"
    if isinstance((content or {}).get("sops"), dict):
        # Its values would be taken for the secrets themselves.
        fix = "sops decrypt --in-place it, then encrypt it with ansible-vault, or give its secrets as settings in a file *.sops.yml"
        return f"nsfl_secrets_file: {path} is encrypted with sops; {fix}"
    return ""


def _first_line(error: Exception) -> str:
    """Without the lines of the file that a YAML error shows."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
