#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# host_base.sh IMAGE LABEL REPOSITORY PACKAGE…: a Debian with what the lab's hosts have from the start, as a Docker image, and
# in the folder REPOSITORY an apt repository of the packages named and all they need beyond that.
#
# Hosts install from that repository as they would from a mirror, and a lab asks no network after it was made once.
set -eu
here=$(dirname "$0")
image=$1
label=$2
repository=$3
shift 3

base=$(grep -v '^#' "$here/host-packages.txt" | paste -sd,)
new=$(mktemp -d "$repository.new.XXXXXX")
chmod 0755 "$new"
trap 'rm -rf "$new" "$new.tar"' EXIT
# Each package by itself: two of them may need what the other cannot be installed with.
download="for package in $*; do chroot \"\$1\" apt-get install --yes -qq --download-only \
    -o Dir::Cache::Archives=/var/cache/nsfl-lab -o APT::Keep-Downloaded-Packages=true \"\$package\" || exit 1; done"
sh "$here/bootstrap.sh" "$new.tar" --include="$base" \
    --customize-hook="$download" \
    --customize-hook="sync-out /var/cache/nsfl-lab $new" \
    --customize-hook='rm -rf "$1/var/cache/nsfl-lab"'

rm -rf "$new/partial" "$new/lock"
cd "$new"
dpkg-scanpackages --multiversion . >Packages 2>/dev/null
printf 'Origin: neursafe.fl lab\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n %s %s Packages\n' "$(sha256sum <Packages | cut -d' ' -f1)" "$(wc -c <Packages)" >Release
cd - >/dev/null
chmod -R a+rX "$new"
# The folder stays the same one, since running hosts have it mounted.
mkdir -p "$repository"
find "$repository" -mindepth 1 -delete
mv "$new"/* "$repository/"
docker import --change "LABEL $label" "$new.tar" "$image"
