#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE. start_nginx.sh MOUNT NGINX_CONF: the way in of the successor's proxy.
set -e
mkdir -p "$1"
# Compared exactly, and an end without an error, as in the real script.
if [ "$STORAGE_TYPE" = "s3" ]; then
    echo "the test double mounts no bucket"
    exit 0
fi
exec nginx -p /nginx -c "$2" -g "daemon off;"
