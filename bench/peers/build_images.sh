#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The guide's way with images: each is built and pushed, one after another, whatever has changed. Docker's cache is all that it knows.
# The builder is the one that ours uses: BuildKit, by the lab's buildx.
#   build_images.sh TREE REGISTRY TAG
set -eu
export DOCKER_CONFIG="$BENCH_WORK/docker"
mkdir -p "$DOCKER_CONFIG/cli-plugins"
ln -sfn ~/.cache/neursafe-fl/bin/buildx "$DOCKER_CONFIG/cli-plugins/docker-buildx"
cd "$1"
registry=$2 tag=$3
files=deploy/docker-images/dockerfiles

build() {
    docker build --network host --build-arg http_proxy= --build-arg https_proxy= --build-arg no_proxy=no_proxy \
        --file "$files/$1.Dockerfile" --tag "$2" .
}

build base nsfl-bench/nsfl-base:latest
for pair in cli:cli client-cpu:client-cpu coordinator:coordinator job_scheduler:job-scheduler selector:selector proxy:proxy \
    model_manager:model-manager; do
    image=$registry/nsfl-${pair#*:}:$tag
    build "${pair%:*}" "$image"
    docker push "$image"
done
