# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the job scheduler: python3.7 -m neursafe_fl.python.job_scheduler.app"""

from __future__ import annotations

import logging
import threading

from neursafe_fl.python.job_scheduler.api import Api
from neursafe_fl.python.job_scheduler.jobs import Jobs
from neursafe_fl.python.job_scheduler.scheduler import Scheduler
from neursafe_fl.python.libs import db, http, log
from neursafe_fl.python.libs.settings import demand, env, env_int
from neursafe_fl.python.libs.shape import SUCCESSOR, mounted_or_exit

REQUIRED = [
    "DB_ADDRESS",
    "DB_USERNAME",
    "DB_PASSWORD",
    "DB_TYPE",
    "DB_NAME",
    "DB_COLLECTION_NAME",
    "HTTP_PORT",
    "SELECTOR_ADDRESS",
    "JOB_SCHEDULER_ADDRESS",
    "MODEL_MANAGER_ADDRESS",
    *([] if SUCCESSOR else ["SOURCE_MOUNT_PATH"]),
    "TEMP_DIR",
    "COORDINATOR_IMAGE",
    "PROXY_ADDRESS",
    "K8S_ADDRESS",
]


def main() -> None:
    log.setup("job scheduler", env("LOG_LEVEL") or "debug")
    demand(REQUIRED)
    mounted_or_exit()
    jobs = Jobs(db.open_or_exit())
    scheduler = Scheduler(jobs)
    server = http.serve(env_int("HTTP_PORT"), Api(jobs, scheduler))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    logging.info("Http server start on port %s", env("HTTP_PORT"))
    scheduler.run_forever()


if __name__ == "__main__":
    main()
