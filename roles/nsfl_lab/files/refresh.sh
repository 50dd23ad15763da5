#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# refresh.sh [--check] LAB NODE…: the lab's own scripts as they are in this collection, on nodes that were made by an older one.
# Prints each node that it refreshed, or would have. Everything else of a newer image is for the next lab.
set -eu
check=
[ "$1" != --check ] || { check=yes; shift; }
lab=$1
shift
cd "$(dirname "$0")/rootfs"
files=$(find usr/lib/nsfl-lab etc/systemd/system/docker-registry.service.d -type f | sort)
# shellcheck disable=SC2086 # a list of words
sums=$(sha256sum $files)

for node in "$@"; do
    # In check mode there may be no lab yet.
    [ "$(docker inspect --format '{{.State.Running}}' "$lab-$node" 2>/dev/null)" = true ] || continue
    if echo "$sums" | docker exec -i --workdir / "$lab-$node" sha256sum --check --status; then
        continue
    fi
    if [ -z "$check" ]; then
        # shellcheck disable=SC2086 # a list of words
        tar --mode=u=rwX,go=rX --owner=0 --group=0 --numeric-owner -c $files | docker exec -i "$lab-$node" tar -x -C /
        # On a host that starts just now systemd may not listen yet.
        for _ in $(seq 30); do
            docker exec "$lab-$node" systemctl daemon-reload 2>/dev/null && break
            sleep 1
        done
        docker exec "$lab-$node" systemctl restart nsfl-lab-network
        docker exec "$lab-$node" systemctl try-restart docker-registry
    fi
    echo "refreshed $node"
done
