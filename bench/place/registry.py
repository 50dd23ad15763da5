# SPDX-License-Identifier: Apache-2.0
"""A registry without an account, for as long as a bench runs: prints its settings, then waits to be ended."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "images"))

from real_registry import WITHOUT_ACCOUNT, RealRegistry


def stop(*_signal: object) -> None:
    """End as if by the last line, so that the registry's process ends too."""
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
with RealRegistry(Path(os.environ["BENCH_WORK"]) / "registry", account=WITHOUT_ACCOUNT) as registry:
    print(f"BENCH_REGISTRY={registry.host}\n", flush=True)
    signal.pause()
