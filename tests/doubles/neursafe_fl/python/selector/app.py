# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the client selector: python3.7 -m neursafe_fl.python.selector.app --config_file FILE"""

from __future__ import annotations

import argparse
import json
import logging
from typing import Any

from neursafe_fl.python.libs import log, rpc
from neursafe_fl.python.libs.shape import mounted_or_exit
from neursafe_fl.python.selector.clients import Clients

KNOWN = {"host", "port", "log_level", "auth_client", "root_cert", "ssl", "optimal_select", "strategy", "extenders"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config_file")
    parser.add_argument("--log_level", default="DEBUG")
    args = parser.parse_args()
    # From the flag alone, before the file is read: log_level in the file has no effect.
    log.setup("client selector", args.log_level)
    mounted_or_exit()
    config: dict[str, Any] = {"host": "0.0.0.0", "port": 50055, "auth_client": "false"}
    if args.config_file:
        with open(args.config_file, encoding="utf-8") as stream:
            config.update(json.load(stream))
    for key in sorted(set(config) - KNOWN):
        logging.warning("unknown setting %s", key)
    if not isinstance(config["port"], int):
        raise TypeError(f"port must be an integer, not {config['port']!r}")
    if config["auth_client"].lower() != "false" or config.get("ssl"):
        raise NotImplementedError("the test double has no auth_client and no ssl")

    clients = Clients()
    server = rpc.serve(
        f"{config['host']}:{config['port']}",
        {
            "ClientService": {"Register": clients.register, "Report": clients.report, "Quit": clients.quit},
            "SelectService": {
                "Select": clients.select,
                "Release": clients.release,
                "GetClients": clients.get,
                "CheckClientsResource": clients.check,
            },
        },
    )
    logging.info("Start grpc(s) service success on port %s", config["port"])
    server.wait_for_termination()


if __name__ == "__main__":
    main()
