# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: the client makes itself known to the selector, through the proxy."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from typing import Any

from neursafe_fl.python.client.resources import LocalResources
from neursafe_fl.python.libs import rpc
from neursafe_fl.python.libs.settings import env_int


def start(config: dict[str, Any], resources: LocalResources) -> None:
    """One attempt, without retry: its error ends the process. Then a report every REPORT_HEARTBEAT seconds."""
    message = {
        "id": config.get("client_id") or str(uuid.uuid4()),  # in 2022 drawn anew by each process
        "address": config["external_address"],
        "runtime": config["runtime"],
        "label": config["label"],
        "platform": config["platform"],
        "max_task_parallelism": config["max_task_parallelism"],
        "username": config.get("username"),
        "nodes": resources.node_names(),
    }
    try:
        rpc.call(config["server"], "/ClientService/Register", message)
    except rpc.Error as error:
        raise ConnectionError(f"Register client failed: {rpc.reason(error)}") from error
    logging.info("Register client success. (%s)", config["external_address"])
    threading.Thread(target=_report, args=(config["server"], message), daemon=True).start()


def _report(server: str, message: rpc.Message) -> None:
    while True:
        time.sleep(env_int("REPORT_HEARTBEAT"))
        try:
            rpc.call(server, "/ClientService/Report", message)
            logging.info("Report client to server success.")
        except rpc.Error as error:
            logging.warning("Report client failed: %s", rpc.reason(error))
