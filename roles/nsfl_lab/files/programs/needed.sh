#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# needed.sh OUTPUT-DIRECTORY: which programs build.sh would build, and the Go that the newest of the modules asks for, as JSON.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to_build=
for module in "$here"/*/go.mod; do
    program=$(basename "$(dirname "$module")")
    [ -z "$("$here/build.sh" --check "$program" "$1")" ] || to_build="$to_build\"$program\", "
done
go=$(sed -n 's/^go //p' "$here"/*/go.mod | sort -V | tail -n 1)
echo "{\"to_build\": [${to_build%, }], \"go_needed\": \"$go\"}"
