#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# debian.sh IMAGE LABEL [PACKAGE…]: a plain Debian with these packages that reaches the registries as this machine does.
set -eu
here=$(dirname "$0")

trust() {
    # An inspecting proxy's authority is in this machine's trust store: builds need it as much as this machine does.
    find /usr/local/share/ca-certificates -name '*.crt' 2>/dev/null
}
image=$1
label=$2
shift 2
set -- --include="$(echo ca-certificates "$@" | tr ' ' ,)"
for file in $(trust); do
    set -- "$@" --customize-hook="copy-in $file /usr/local/share/ca-certificates"
done
[ ! -f /etc/pip.conf ] || set -- "$@" --customize-hook="copy-in /etc/pip.conf /etc"
tarball=$(mktemp --suffix .tar)
trap 'rm -f "$tarball"' EXIT
sh "$here/bootstrap.sh" "$tarball" "$@" --customize-hook='chroot "$1" update-ca-certificates'
docker import --change 'CMD ["bash"]' --change "LABEL $label" \
    --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt' \
    "$tarball" "$image"
