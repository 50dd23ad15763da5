# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE of the data server: python3.7 -m neursafe_fl.python.data_server.app"""

from __future__ import annotations

import logging
import os
import sys
from http.server import ThreadingHTTPServer

from neursafe_fl.python.data_server.webdav import handler
from neursafe_fl.python.libs import log
from neursafe_fl.python.libs.settings import env
from neursafe_fl.python.libs.shape import mounted_or_exit


def main() -> None:
    log.setup("data server", os.environ.get("LOG_LEVEL") or "debug")
    mounted_or_exit()
    port = int(os.environ.get("PORT", "30088"))  # a ValueError for what is no number
    root = env("WORKSPACE")
    if not os.path.isdir(root):
        logging.error("%s is no folder to serve", root)
        sys.exit(1)
    # The real one has an account built in, too, which anybody can read in its sources.
    user, password = os.environ.get("ACCESS_USER", "nsfl"), os.environ.get("ACCESS_PASSWORD", "built-in-and-public")
    server = ThreadingHTTPServer((os.environ.get("SERVER_ADDRESS", "0.0.0.0"), port), handler(root, user, password))
    logging.info("Serving on http://%s:%s", *server.server_address[:2])
    server.serve_forever()


if __name__ == "__main__":
    main()
