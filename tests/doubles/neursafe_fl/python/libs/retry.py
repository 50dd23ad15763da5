# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the one retry rule of the components: every second, MAX_RETRY_TIMES, then the process ends."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from neursafe_fl.python.libs.settings import env_int

Result = TypeVar("Result")


def or_exit(what: str, call: Callable[[], Result], *errors: type[Exception]) -> Result:
    """Repeat the call on the given errors; other errors go up at once."""
    times = env_int("MAX_RETRY_TIMES")
    for attempt in range(1, times + 1):
        try:
            return call()
        except errors as error:
            logging.warning("%s failed (%d of %d): %s", what, attempt, times, error)
            time.sleep(env_int("COORDINATOR_QUERY_INTERVAL"))
    logging.error("%s failed for good, exit", what)
    os._exit(1)  # from any thread
