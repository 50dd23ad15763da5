#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build-minio.sh MODULE-FOLDER OUTPUT-FILE: build MinIO from the pinned module.
#
# Go checks each module it downloads against go.sum and, with -mod=readonly, refuses one that is not in it. The output
# appears under its name only when it is whole, so a build that was killed is made again.
set -eu
cd "$1"
out=$2
mkdir -p "$(dirname "$out")"
new=$out.new.$$
trap 'rm -f "$new"' EXIT
export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false"
nice -n 10 go build -trimpath -ldflags "-s -w $(cat ldflags 2>/dev/null || true)" -o "$new" github.com/minio/minio
mv -f "$new" "$out"
