#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What by_hand.sh works on, beside the lab's platform: manifests in a namespace of their own, a source tree, a login to the registry.
set -eu
. "$BENCH_WORK/site.env"
ansible-playbook playbooks/render.yml -i inventories/lab -e nsfl_type=server -e "nsfl_output_dir=$BENCH_WORK/rendered" \
    -e nsfl_namespace=nsfl-bench -e nsfl_proxy_grpc_port=30191 -e nsfl_proxy_http_port=30192 \
    -e nsfl_api_https_port=30184 -e nsfl_api_server_model_manager_node_port=30185
python bench/place/manifests.py rendered without-pods
python bench/place/source_tree.py make
export DOCKER_CONFIG="$BENCH_WORK/docker"
printf %s "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USERNAME" --password-stdin "$REGISTRY"
bench/peers/by_hand.sh
