# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: logging to stdout; the first line of every process says what it is."""

from __future__ import annotations

import logging
import sys


def setup(component: str, level: str = "info") -> None:
    number = getattr(logging, level.upper(), None)
    if not isinstance(number, int):
        raise ValueError(f"unknown log level {level!r}")
    logging.basicConfig(stream=sys.stdout, level=number, format="%(asctime)s %(levelname)s %(message)s")
    for noisy in ("botocore", "boto3", "urllib3", "s3transfer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.warning("NEURSAFE FL TEST DOUBLE: %s (a stand-in, not the product)", component)
