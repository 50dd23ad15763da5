#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What by_hand_first.sh starts from: a lab of the bench's own with bare hosts, manifests as the guide has them, a source tree of which no
# builder has seen anything, a login to the registry.
set -eu
lab=${0%/*}/own_lab.sh
"$lab" new
"$lab" ansible-playbook bench/place/site.yml -i inventories/lab
"$lab" ansible-playbook playbooks/render.yml -i inventories/lab -e nsfl_type=server -e "nsfl_output_dir=$BENCH_WORK/bare" -e nsfl_tls=false
python bench/place/manifests.py bare
python bench/place/source_tree.py all
. "$BENCH_WORK/site.env"
export DOCKER_CONFIG="$BENCH_WORK/docker"
printf %s "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USERNAME" --password-stdin "$REGISTRY"
