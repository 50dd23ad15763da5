#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Takes away what by_hand.sh has made beside the lab's platform.
set -eu
. "$BENCH_WORK/site.env"
export KUBECONFIG
PATH=$HOME/.cache/neursafe-fl/bin:$PATH
# The namespace takes what is in it along.
kubectl delete --ignore-not-found -f "$BENCH_WORK/rendered/more"
docker exec "${NODES%% *}" rm -rf "$ROOT/nsfl-system/bench"
BENCH_REGISTRY=$REGISTRY/by-hand "${0%/*}/forget_images.sh"
