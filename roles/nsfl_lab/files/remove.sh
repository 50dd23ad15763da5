#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# remove.sh [--check] LAB [HOST…]: take away the lab's containers and their volumes, save those of the hosts named.
# Prints each that it removed, or would have.
set -eu
check=
[ "$1" != --check ] || { check=yes; shift; }
lab=$1
shift

kept() { # NAME: belongs to a host that is to stay
    for host in $keep; do
        case $1 in "$lab-$host" | "$lab-$host-"[!0-9]*) return 0 ;; esac
    done
    return 1
}
keep=$*

docker ps --all --filter "label=neursafe.fl.lab=$lab" --format '{{.Names}}' | while read -r name; do
    kept "$name" && continue
    [ -n "$check" ] || docker rm --force --volumes "$name" >/dev/null
    echo "removed container $name"
done
# A volume's name starts with its host's, and the host's with the lab's: "lab-node-1-etcd" is not of a lab called "lab-node".
docker volume ls --format '{{.Name}}' | grep -E "^$lab-(node|client)-[0-9]+-[a-z]+\$" | while read -r name; do
    kept "$name" && continue
    [ -n "$check" ] || docker volume rm "$name" >/dev/null
    echo "removed volume $name"
done
