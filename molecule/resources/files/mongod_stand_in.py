# SPDX-License-Identifier: Apache-2.0
"""Runs the stand-in for mongod with the settings file that is given, which has to turn authentication on."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import mongod_tls
from mongod_fake import Mongod

settings = Path(sys.argv[1]).read_text(encoding="utf-8")
if not re.search(r"^security:\n  authorization: enabled$", settings, re.MULTILINE):
    sys.exit("authentication is off")
found = dict(re.findall(r"^  (port|bindIp): '?([\d.]+)'?$", settings, re.MULTILINE))
Mongod(mongod_tls.context(mongod_tls.settings(settings)), (found["bindIp"], int(found["port"])))
signal.pause()
