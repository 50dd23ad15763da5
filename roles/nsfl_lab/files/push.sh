#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# push.sh [--check] DOCKER-CONFIG REGISTRY IMAGE: push nsfl-lab/IMAGE to the lab's registry, unless it is there.
# Prints "pushed …" when it was not there.
#
# The configuration folder is the lab's own, so that nobody's ~/.docker is touched and no password is on a command line.
set -eu
check=
[ "$1" != --check ] || { check=yes; shift; }
export DOCKER_CONFIG="$1"
target=$2/$3

# Docker would write the manifest anew, and say that all layers exist.
there() {
    id=$(docker image inspect --format '{{.Id}}' "nsfl-lab/$1" 2>/dev/null) || return 1
    docker manifest inspect --insecure --verbose "$target" 2>/dev/null | grep -qF "$id"
}
if there "$3"; then exit 0; fi
if [ -n "$check" ]; then
    echo "pushed $target"
    exit 0
fi

docker tag "nsfl-lab/$3" "$target"
for _ in $(seq 30); do
    # The registry begins to answer some seconds after its host.
    if out=$(docker push "$target" 2>&1); then
        case $out in *": Pushed"*) echo "pushed $target" ;; esac
        exit 0
    fi
    sleep 1
done
echo "$out" >&2
exit 1
