#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build-ferretdb.sh MODULE-FOLDER OUTPUT-FILE: build FerretDB from the pinned module.
#
# Go checks each module it downloads against go.sum and, with -mod=readonly, refuses one that is not in it. FerretDB does not
# start without a file version.txt among its sources, which its module lacks: it is built from a copy that has one. The output
# appears under its name only when it is whole, so a build that was killed is made again.
set -eu
cd "$1"
out=$2
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$(dirname "$out")/.build.XXXXXX")
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false"
module=github.com/FerretDB/FerretDB
go mod download "$module"
cp -R "$(go list -m -f '{{.Dir}}' $module)" "$work/source"
chmod -R u+w "$work/source"
go list -m -f '{{.Version}}' $module >"$work/source/build/version/version.txt"
cp go.mod go.sum "$work/"
go mod edit -replace "$module=$work/source" "$work/go.mod"
nice -n 10 go build -modfile "$work/go.mod" -trimpath -ldflags "-s -w" -o "$work/program" $module/cmd/ferretdb
mv -f "$work/program" "$out"
