#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make.sh [--check]: every image of the lab that is missing or older than its sources. Prints each that it made, or would have.
#
# From the environment: CACHE (folder of the built programs), PACKAGES (what the hosts' apt repository offers),
# NODE_IMAGES and REGISTRY_IMAGES (program:version, to be imported by each node and to be pushed to the registry).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
label=neursafe.fl.sources
check=${1:-}

hash_of() { sha256sum | cut -c1-16; }
fresh() { [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null)" = "$2" ]; }
made() { echo "made $1"; }
only_checking() { [ "$check" = --check ] && made "$1"; }

build_base() {
    hash=$(cat "$here/debian.sh" "$here/bootstrap.sh" /etc/ssl/certs/ca-certificates.crt | hash_of)
    fresh nsfl-lab/debian:bookworm "$hash" && return 0
    only_checking nsfl-lab/debian:bookworm && return 0
    sh "$here/debian.sh" nsfl-lab/debian:bookworm "$label=$hash" >&2
    made nsfl-lab/debian:bookworm
}

build_host() {
    base=$({ cat "$here/host_base.sh" "$here/bootstrap.sh" "$here/host-packages.txt"; echo "$PACKAGES"; } | hash_of)
    if { ! fresh nsfl-lab/host-base:bookworm "$base" || [ ! -f "$CACHE/apt/Packages" ]; } && ! only_checking nsfl-lab/host-base:bookworm; then
        # shellcheck disable=SC2086 # a list of words
        sh "$here/host_base.sh" nsfl-lab/host-base:bookworm "$label=$base" "$CACHE/apt" $PACKAGES >&2
        made nsfl-lab/host-base:bookworm
    fi
    context=$(cd "$here/.." && tar --sort=name --mode=u=rwX,go=rX --mtime=@0 --owner=0 --group=0 --numeric-owner -c rootfs | hash_of)
    host=$({ cat "$here/Dockerfile"; echo "$base $context"; } | hash_of)
    fresh nsfl-lab/host:bookworm "$host" && return 0
    only_checking nsfl-lab/host:bookworm && return 0
    docker build --quiet --network none --label "$label=$host" --build-arg BASE=nsfl-lab/host-base:bookworm \
        --tag nsfl-lab/host:bookworm --file "$here/Dockerfile" "$here/.." >&2
    made nsfl-lab/host:bookworm
}

program_image() { # PROGRAM:VERSION
    program=${1%:*}
    stamp=$(grep -slx "$program" "$CACHE"/bin/.[a-z]* || true)
    hash=$({ cat "$here/program.sh"; head -n 1 "${stamp:-/dev/null}"; } | hash_of)
    fresh "nsfl-lab/$1" "$hash" && return 0
    only_checking "nsfl-lab/$1" && return 0
    sh "$here/program.sh" "nsfl-lab/$1" "$label=$hash" "$CACHE/bin/$program" >&2
    made "nsfl-lab/$1"
}

node_archive() { # PROGRAM:VERSION
    program=${1%:*}
    id=$(docker image inspect --format '{{.Id}}' "nsfl-lab/$1" 2>/dev/null || true)
    [ "$(cat "$CACHE/images/$program.id" 2>/dev/null)" = "nsfl-lab/$1 $id" ] && [ -f "$CACHE/images/$program.tar" ] && return 0
    only_checking "$CACHE/images/$program.tar" && return 0
    mkdir -p "$CACHE/images"
    docker save --output "$CACHE/images/$program.tar" "nsfl-lab/$1"
    echo "nsfl-lab/$1 $id" >"$CACHE/images/$program.id"
    made "$CACHE/images/$program.tar"
}

build_base
build_host
for image in $NODE_IMAGES; do
    program_image "$image"
    node_archive "$image"
done
for image in $REGISTRY_IMAGES; do
    program_image "$image"
done
