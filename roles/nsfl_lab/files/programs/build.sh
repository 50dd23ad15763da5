#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh [--check] PROGRAM OUTPUT-DIRECTORY: build the tools of one pinned Go module, unless this very module was built already.
#
# Go checks each module it downloads against the committed go.sum and, with -mod=readonly, refuses one that is not in it.
# Prints "built …" when it built something (or would have) and nothing otherwise, so that a rerun is seen to change nothing.
set -eu
check=
[ "$1" != --check ] || { check=yes; shift; }
cd "$(dirname "$0")/$1"
out=$2
stamp=$out/.$1
flags=$(cat ldflags 2>/dev/null || true)
hash=$(cat go.mod go.sum ldflags ./*.go 2>/dev/null | sha256sum | cut -d' ' -f1)

# The stamp lists what the build made: a binary that somebody removed is built again.
if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$hash" ]; then
    missing=$(tail -n +2 "$stamp" | while read -r name; do [ -x "$out/$name" ] || echo "$name"; done)
    [ -n "$missing" ] || exit 0
fi
[ -z "$check" ] || { echo "built $1"; exit 0; }

export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false" GOWORK=off
mkdir -p "$out"
new=$(mktemp -d "$out/.new-$1.XXXXXX")
trap 'rm -rf "$new"' EXIT
target=tool
[ -z "$(find . -name '*.go')" ] || target=.
nice -n 10 go build -trimpath -ldflags "-s -w $flags" -o "$new/" "$target"
names=$(ls "$new")
# Whole files only ever appear under their final names, also when this build is killed half-way.
mv -f "$new"/* "$out/"
# shellcheck disable=SC2086 # a list of words
printf '%s\n' "$hash" $names >"$stamp.new"
mv -f "$stamp.new" "$stamp"
echo "built $1"
