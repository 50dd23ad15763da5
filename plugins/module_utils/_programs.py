# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Other programs, with a time limit or side by side, neither of which AnsibleModule.run_command offers."""

from __future__ import annotations

import subprocess
import typing as t


def run(words: t.Sequence[str], timeout: float | None = None, env: t.Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One program to its end, with what it said; asked nothing. OSError when there is none, TimeoutExpired after `timeout` seconds."""
    return subprocess.run(  # pylint: disable=ansible-bad-function # see the module's head
        words, timeout=timeout, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )


def start(
    words: t.Sequence[str], stdout: int | t.IO[bytes], stderr: int, env: t.Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """One program that the caller waits for, or ends."""
    return subprocess.Popen(  # pylint: disable=ansible-bad-function # see the module's head
        words, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
    )
