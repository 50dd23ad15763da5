# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE of nsfl-cli: a stand-in, not the product.
FROM nsfl-base:latest
LABEL org.opencontainers.image.title="nsfl-cli (test double, not the product)"
COPY neursafe_fl /opt/nsfl-double/neursafe_fl
RUN printf "#!/bin/sh\nexec python3.7 -m neursafe_fl.python.cli.nsfl \"\$@\"\n" > /usr/local/bin/nsfl-ctl && chmod 755 /usr/local/bin/nsfl-ctl
CMD ["sh", "-c", "while :; do sleep 3600; done"]
