# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the model manager: python3.7 -m neursafe_fl.python.model_manager.app"""

from __future__ import annotations

import logging
import sys

from neursafe_fl.python.libs import db, http, log
from neursafe_fl.python.libs.settings import demand, env, env_int
from neursafe_fl.python.libs.shape import SUCCESSOR, mounted_or_exit
from neursafe_fl.python.model_manager.api import Api
from neursafe_fl.python.model_manager.storage import make_storage

REQUIRED = ["DB_ADDRESS", "DB_USERNAME", "DB_PASSWORD", "DB_TYPE", "DB_NAME", "DB_COLLECTION_NAME", "PORT"]


def main() -> None:
    log.setup("model manager", env("LOG_LEVEL") or "debug")
    demand(REQUIRED)
    mounted_or_exit()
    try:
        # What is mounted is a tree of files in 2024, whatever it is called.
        storage = make_storage("posix" if SUCCESSOR else env("STORAGE_TYPE"))
    except TypeError:
        logging.exception("model manager cannot start")
        sys.exit(1)
    collection = db.open_or_exit(create_missing=True)
    server = http.serve(env_int("PORT"), Api(collection, storage))
    logging.info("Http server start at port %s", env("PORT"))
    server.serve_forever()


if __name__ == "__main__":
    main()
