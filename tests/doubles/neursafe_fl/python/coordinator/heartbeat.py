# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the coordinator's word to the scheduler, at once and every REPORT_PERIOD seconds."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from neursafe_fl.python.coordinator.rounds import Rounds
from neursafe_fl.python.libs import http
from neursafe_fl.python.libs.settings import env, env_int


class Heartbeat(threading.Thread):
    def __init__(self, config: dict[str, Any], rounds: Rounds) -> None:
        super().__init__(daemon=True)
        self._config = config
        self._rounds = rounds
        self._over = threading.Event()

    def run(self) -> None:
        while True:
            self._send("RUNNING", self._rounds.progress)
            if self._over.wait(env_int("REPORT_PERIOD")):
                return

    def end(self, state: str) -> None:
        """The last word: progress 100, no reason, whether it went well or not; said until it is heard."""
        self._over.set()
        self.join()
        while not self._send(state, 100):
            time.sleep(1)

    def _send(self, state: str, progress: int) -> bool:
        body = {
            "id": self._config["job_name"],
            "namespace": self._config["namespace"],
            "state": state,
            "progress": progress,
            "reason": None,
            "checkpoints": self._rounds.output.checkpoints,
        }
        try:
            http.request("PUT", env("JOB_SCHEDULER_ADDRESS"), "/api/v1/heartbeat", body)
            return True
        except (OSError, http.HttpError) as error:
            logging.warning("heartbeat: %s", error)
            return isinstance(error, http.HttpError) and error.status < 500
