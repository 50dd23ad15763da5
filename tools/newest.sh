#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# newest.sh COMMAND…: runs a command of this checkout with the newest supported ansible-core and Python (tests/matrix.toml), while
# .venv holds the oldest. This machine's Debian has no such Python, so it happens in a container of the next Debian, which shares the
# network, the Docker daemon and the lab's cache with this machine. Its tools are installed once and kept in the cache.
set -eu
cd "$(dirname "$0")/.."
checkout=/neursafe.fl # one path for all checkouts, since programs of a virtual environment know theirs
cache=${NSFL_LAB_CACHE_DIR:-$HOME/.cache/neursafe-fl}
image=nsfl-lab/debian:trixie-python
packages="python3 python3-venv git docker-cli shellcheck sudo"
label=neursafe.fl.sources

hash=$({ cat roles/nsfl_lab/files/images/debian.sh roles/nsfl_lab/files/images/bootstrap.sh; echo "$packages"; } | sha256sum | cut -c1-16)
if [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" $image 2>/dev/null)" != "$hash" ]; then
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_SUITE=trixie sh roles/nsfl_lab/files/images/debian.sh $image "$label=$hash" $packages >&2
fi

home=$cache/newest/home
tools=$cache/newest/venv-$(sha256sum <requirements/newest.txt | cut -c1-12)
build=$(mktemp -d) # this checkout's own build folder is in use by the other end
trap 'rm -rf "$build"' EXIT
chmod 755 "$build" # for a test that is an ordinary user
mkdir -p "$home" "$tools" "$build/collections/ansible_collections/neursafe"
ln -s ../../../.. "$build/collections/ansible_collections/neursafe/fl"

inside() {
    docker run --rm --network host --workdir $checkout \
        --volume "$PWD:$checkout" --volume "$tools:$checkout/.venv" --volume "$build:$checkout/build" \
        --volume "$home:$HOME" --volume "$cache:$HOME/.cache/neursafe-fl" --volume /var/run/docker.sock:/var/run/docker.sock \
        --env "HOME=$HOME" --env LANG=C.UTF-8 --env "PATH=$checkout/.venv/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        --env PYTHONDONTWRITEBYTECODE=1 --env NSFL_PROGRESS_STYLE --env ANSIBLE_FORCE_COLOR "$image" "$@"
}

if [ ! -f "$tools/.complete" ]; then
    echo "newest: installing the tools of requirements/newest.txt" >&2
    inside python3.13 -m venv --clear .venv
    inside .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/newest.txt
    touch "$tools/.complete"
fi
inside "$@"
