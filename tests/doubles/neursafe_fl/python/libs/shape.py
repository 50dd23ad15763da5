# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: which of the two generations an image is of: the guide's of 2022, or its renamed successor's of 2024.

Built in (build argument NSFL_DOUBLE_SHAPE), as it is in a real image, so that an image of the wrong one fails as a real one does.
"""

from __future__ import annotations

import logging
import os
import sys

SUCCESSOR = os.environ.get("NSFL_DOUBLE_SHAPE", "2022") == "2024"


def mounted_or_exit() -> None:
    """The successor's components mount their bucket themselves when the storage is s3, in whatever letters; a double does not."""
    if SUCCESSOR and os.environ.get("STORAGE_TYPE", "posix").lower() == "s3":
        logging.error("STORAGE_TYPE s3: the test double mounts no bucket")
        sys.exit(1)
