#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Renders the example inventory with the settings of a file that place/growth.py has written.
#   render.sh server|client namespaces-10
set -eu
exec ansible-playbook playbooks/render.yml -i inventories/example -e "nsfl_type=$1" -e "nsfl_output_dir=$BENCH_WORK/$2" \
    -e "@$BENCH_WORK/$2.json"
