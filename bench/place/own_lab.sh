#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A lab of the bench's own beside the one of `make lab`, whatever becomes of it: new, away, or a command in it.
#   own_lab.sh new|away|COMMAND…
set -eu
export NSFL_LAB_NAME="${BENCH_LAB_NAME:-nsfl-bench}" NSFL_LAB_SUBNET="${BENCH_LAB_SUBNET:-10.253.0.0/24}"
export NSFL_LAB_REGISTRY_PORT="${BENCH_LAB_REGISTRY_PORT:-5003}" NSFL_LAB_CLIENTS=0
case $1 in
new)
    ansible-playbook playbooks/lab.yml -i inventories/lab -e nsfl_lab_state=absent
    ansible-playbook playbooks/lab.yml -i inventories/lab
    ;;
away) ansible-playbook playbooks/lab.yml -i inventories/lab -e nsfl_lab_state=absent ;;
*) "$@" ;;
esac
