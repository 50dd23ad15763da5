# SPDX-License-Identifier: Apache-2.0
"""What peers/site.yml has written down of the lab's platform."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def site() -> dict[str, str]:
    """Addresses, accounts and names, by the names that the shell scripts use too."""
    lines = shlex.split((Path(os.environ["BENCH_WORK"]) / "site.env").read_text(encoding="utf-8"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
