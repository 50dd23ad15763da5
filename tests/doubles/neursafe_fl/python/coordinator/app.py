# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the coordinator: python3.7 -m neursafe_fl.python.coordinator.app --config_file FILE"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from typing import Any

from neursafe_fl.python.coordinator.heartbeat import Heartbeat
from neursafe_fl.python.coordinator.output import Output
from neursafe_fl.python.coordinator.rounds import Rounds
from neursafe_fl.python.libs import log

REQUIRED = ("job-id", "job_name", "namespace", "description", "runtime", "model_path", "output", "port")
# The real coordinator imports its framework for about 6 s before it asks the first client. Without any such time the
# replies come before the cluster forwards the new Service, which the real one never sees.
FRAMEWORK_IMPORT_SECONDS = 3
NOT_OFFERED = ("secure_algorithm", "optimizer", "ssl", "extenders", "extender")


def read_config(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as stream:
        config = json.load(stream)
    for key in REQUIRED:
        config[key]  # a KeyError without it
    for key in NOT_OFFERED:
        if config.get(key):
            raise NotImplementedError(f"the test double has no {key}")
    hyper = {
        "max_round_num": 10,
        "client_num": 1,
        "threshold_client_num": 1,
        "evaluate_interval": 2,
        "save_interval": 5,
        "round_timeout": 3600,
        "learning_rate": 1.0,
    }
    config["hyper_parameters"] = {**hyper, **config.get("hyper_parameters", {})}
    return config


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config_file", required=True)
    config = read_config(parser.parse_args().config_file)
    log.setup("coordinator", config.get("log_level", "info"))
    time.sleep(FRAMEWORK_IMPORT_SECONDS)
    output = Output(config)
    rounds = Rounds(config, output)  # loads the model
    heartbeat = Heartbeat(config, rounds)
    heartbeat.start()
    try:
        rounds.run()
        state = "FINISHED"
    except Exception:
        logging.exception("job failed")
        state = "FAILED"
    output.write_metrics(state)
    heartbeat.end(state)
    logging.info("job %s %s", config["job-id"], state)
    sys.stdout.flush()
    os._exit(0 if state == "FINISHED" else 1)  # replies under way no longer matter


if __name__ == "__main__":
    main()
