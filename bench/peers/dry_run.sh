#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Has the API server look at the manifests of a folder, all in one call; nothing is kept.
set -eu
. "$BENCH_WORK/site.env"
export KUBECONFIG
cd "$1"
set -- *.yaml
for file; do
    set -- "$@" --filename "$file"
    shift
done
exec "$HOME/.cache/neursafe-fl/bin/kubectl" apply --server-side --force-conflicts --dry-run=server "$@"
