#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Takes the images that a bench has made out of Docker: by their names, and those that have lost theirs by their number, which Docker
# refuses where somebody else has a name for the same image.
set -eu
docker image ls --format '{{.Repository}} {{.Tag}} {{.ID}}' | while read -r repository tag id; do
    case $repository in
    "${BENCH_REGISTRY:-none}"/* | nsfl-bench/*)
        if [ "$tag" = '<none>' ]; then docker rmi "$id" || true; else docker rmi "$repository:$tag"; fi
        ;;
    esac
done >/dev/null
