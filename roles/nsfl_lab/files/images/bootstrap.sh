#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bootstrap.sh TARBALL MMDEBSTRAP-ARGUMENTS…: mmdebstrap with this machine's own way to Debian: its mirrors, its keys, its proxies.
#
# It makes a Debian of this machine's release, or of the one that DEBIAN_SUITE names.
# A hospital reaches Debian through its own mirror and perhaps through a proxy. apt on this machine knows how already.
set -eu
. /etc/os-release
tarball=$1
shift
suite=${DEBIAN_SUITE:-$VERSION_CODENAME}

sources() {
    # Only the distribution's own archives, not the third-party ones that somebody may have added to this machine.
    # shellcheck disable=SC2016 # apt fills it in, not this shell
    apt-get indextargets 'Created-By: Packages' "Origin: $1" --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' |
        sort -u | sed "s/^/deb /; s/ $VERSION_CODENAME/ $suite/"
}
[ "$ID" = debian ] || { echo "the lab's hosts are made on Debian, and this machine is $ID" >&2; exit 1; }
[ -n "$(sources Debian)" ] || apt-get update -qq
[ -n "$(sources Debian)" ] || { echo "apt on this machine has no Debian archive configured" >&2; exit 1; }

options=$(mktemp)
trap 'rm -f "$options"' EXIT
apt-config dump | grep -E '^Acquire::(https?|Check|Retries)' >"$options" || true
echo 'APT::Install-Recommends "false";' >>"$options"
sources Debian | nice -n 10 mmdebstrap --quiet --variant=minbase --aptopt="$options" "$@" "$suite" "$tarball" -
