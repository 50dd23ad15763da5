#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# program.sh IMAGE LABEL BINARY: an image of one static program, nothing else but the trust store and a place for temporary files.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/etc/ssl/certs"
install -d -m 1777 "$root/tmp"
install -m 0755 "$3" "$root/bin/"
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'root:x:0:0:root:/:/bin/false
nobody:x:65534:65534:nobody:/:/bin/false' >"$root/etc/passwd"
tar -C "$root" --owner=0 --group=0 --numeric-owner -c . |
    docker import --change 'ENV PATH=/bin' --change "ENTRYPOINT [\"/bin/$(basename "$3")\"]" --change "LABEL $2" - "$1"
