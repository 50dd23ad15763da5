#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Has the API server look at the manifests of a folder; nothing is kept.
#   dry_run.sh FOLDER               # all in one call
#   dry_run.sh FOLDER one-by-one    # as the guide does, with its look at the pods after each component
set -eu
. "$BENCH_WORK/site.env"
export KUBECONFIG
PATH=$HOME/.cache/neursafe-fl/bin:$PATH
cd "$1"
if [ "${2:-}" = one-by-one ]; then
    for file in *.yaml; do
        kubectl apply --dry-run=server --filename "$file"
        case $file in ingress-*) ;; *) kubectl get pod ;; esac
    done
    exit
fi
set -- *.yaml
for file; do
    set -- "$@" --filename "$file"
    shift
done
exec kubectl apply --server-side --force-conflicts --dry-run=server "$@"
