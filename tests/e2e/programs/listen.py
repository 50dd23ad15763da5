# SPDX-License-Identifier: Apache-2.0
"""listen.py PORT…: take every connection at these ports, and close it."""

import socket
import sys
import threading


def serve(port: int) -> None:
    with socket.create_server(("", port)) as server:
        while True:
            server.accept()[0].close()


for number in sys.argv[1:]:
    threading.Thread(target=serve, args=(int(number),)).start()
