#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# forget.sh REGISTRY: take the images that make.sh made out of Docker, under both their names. Prints what it untagged.
set -eu
docker images --format '{{.Repository}}:{{.Tag}}' 'nsfl-lab/*' | while read -r image; do
    docker rmi --force "$image" "$1/${image#*/}" 2>/dev/null | grep '^Untagged: nsfl-lab' || true
done
