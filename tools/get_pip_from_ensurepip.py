# SPDX-License-Identifier: Apache-2.0
"""Stands in for the bootstrap script that ansible-test fetches from outside the package registries.

ansible-test calls it with pip's arguments in a new virtual environment. The interpreter's own bundled pip is installed first
(in a process of its own, because ensurepip changes the environment), then pip installs what was asked for.
"""

from __future__ import annotations

import subprocess
import sys

UNKNOWN_TO_PIP = {"--no-setuptools", "--no-wheel"}

subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
arguments = [argument for argument in sys.argv[1:] if argument not in UNKNOWN_TO_PIP]
subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=True)
