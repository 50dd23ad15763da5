# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the task manager (cluster) and of the standalone client: python3.7 -m neursafe_fl.python.client.app"""

from __future__ import annotations

import argparse
import logging
import os
import sys

from neursafe_fl.python.client import registration
from neursafe_fl.python.client.config import read_config
from neursafe_fl.python.client.resources import ClusterResources, LocalResources, PlatformError
from neursafe_fl.python.client.tasks import Tasks
from neursafe_fl.python.libs import db, log, rpc
from neursafe_fl.python.libs.settings import env
from neursafe_fl.python.libs.shape import SUCCESSOR, mounted_or_exit


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config_file", required=True)
    path = parser.parse_args().config_file
    log.setup("client")
    mounted_or_exit()
    config = read_config(path)
    logging.getLogger().setLevel(config["log_level"].upper())

    # In 2022 the resource manager heeds the environment alone, whatever the file's platform says.
    platform = config["platform"] if SUCCESSOR else env("PLATFORM")
    collection = None
    try:
        if platform == "k8s":
            collection = db.open_or_exit()
            resources: LocalResources = ClusterResources(config)
        else:
            resources = LocalResources(config)
    except PlatformError as error:
        logging.error("Platform connect error: %s", error)
        sys.exit(1)
    logging.info("Fetch nodes: %s", resources.node_names())

    tasks = Tasks(config, resources, collection)
    # The port opens before the registration.
    server = rpc.serve(
        f"{config['host']}:{config['port']}",
        {"TrainService": {"Train": tasks.run, "Stop": tasks.stop}, "EvaluateService": {"Evaluate": tasks.run, "Stop": tasks.stop}},
    )
    logging.info("client listens on %s:%s", config["host"], config["port"])
    if config["registration"].lower() == "true":  # an AttributeError for a JSON boolean, as in the real client
        registration.start(config, resources)
    server.wait_for_termination()


if __name__ == "__main__":
    try:
        main()
    except Exception:
        logging.exception("client cannot start")
        sys.stdout.flush()
        os._exit(1)  # the server's threads would hold the process
