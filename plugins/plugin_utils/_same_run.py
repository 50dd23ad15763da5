# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to start another ansible-playbook that has what this one was given: inventory, limit, variables, connection, passwords."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What ansible-playbook keeps of an option, and the option.
_REPEATED = {"inventory": "--inventory", "extra_vars": "--extra-vars"}
_VALUES = {
    "subset": "--limit",
    "forks": "--forks",
    "remote_user": "--user",
    "private_key_file": "--private-key",
    "connection": "--connection",
    "timeout": "--timeout",
    "ssh_common_args": "--ssh-common-args",
    "ssh_extra_args": "--ssh-extra-args",
    "scp_extra_args": "--scp-extra-args",
    "sftp_extra_args": "--sftp-extra-args",
    "become_method": "--become-method",
    "become_user": "--become-user",
}
_SWITCHES = {"become": "--become", "flush_cache": "--flush-cache"}


def options(given: Mapping[str, Any], loader: Any, play_context: Any, folder: Path) -> list[str]:
    """The options; secrets lie in files of the folder, which is the caller's alone and goes with the run."""
    words = [f"{option}={value}" for key, option in _REPEATED.items() for value in given.get(key) or ()]
    words += [f"{option}={given[key]}" for key, option in _VALUES.items() if given.get(key)]
    words += [option for key, option in _SWITCHES.items() if given.get(key)]
    for number, (name, secret) in enumerate(vault_secrets(loader)):
        words.append(f"--vault-id={name}@{_kept(folder / f'vault-{number}', secret)}")
    passwords = {"--become-password-file": play_context.become_pass, "--connection-password-file": play_context.password}
    words += [f"{option}={_kept(folder / option[2:], str(value).encode())}" for option, value in passwords.items() if value]
    return words


def vault_secrets(loader: Any) -> list[tuple[str, bytes]]:
    """The vault passwords of this run, however it was given them."""
    vault = getattr(loader, "_vault", None)
    return [(str(name), secret.bytes) for name, secret in getattr(vault, "secrets", None) or [] if secret.bytes]


def _kept(path: Path, secret: bytes) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secret)
    return path


def environment(record: Path) -> dict[str, str]:
    """That of this run, with the callback that records, and without what shapes the output of this one."""
    enabled = [name for name in os.environ.get("ANSIBLE_CALLBACKS_ENABLED", "").split(",") if name]
    return {
        **os.environ,
        "ANSIBLE_CALLBACKS_ENABLED": ",".join([*enabled, "neursafe.fl.record"]),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_FORCE_COLOR": "0",
        "NSFL_RECORD_FILE": str(record),
    }
