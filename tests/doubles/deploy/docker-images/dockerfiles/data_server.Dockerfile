# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE of nsfl-data-server, which the successor alone has: a stand-in, not the product.
FROM nsfl-base:latest
LABEL org.opencontainers.image.title="nsfl-data-server (test double, not the product)"
COPY neursafe_fl /opt/nsfl-double/neursafe_fl
ENTRYPOINT ["python3.7", "-m", "neursafe_fl.python.data_server.app"]
