# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE of nsfl-selector: a stand-in, not the product.
FROM nsfl-base:latest
LABEL org.opencontainers.image.title="nsfl-selector (test double, not the product)"
COPY neursafe_fl /opt/nsfl-double/neursafe_fl
# No entry point, as the real image: the command comes from the manifest.
