#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A person who goes through the guide once more: its own commands, with apply in place of create. The hosts are reached as ours are.
#   by_hand.sh [without-images] [--server-side]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$BENCH_WORK/site.env"
export KUBECONFIG
images=yes apply=apply
for word; do
    case $word in
    without-images) images=no ;;
    --server-side) apply='apply --server-side' ;;
    esac
done
have() {
    # shellcheck disable=SC2086 # a list of words
    kubectl $apply "$@"
}
cd "$BENCH_WORK"
PATH=$HOME/.cache/neursafe-fl/bin:$PATH
first=${NODES%% *}

# Install S3FS: the shared root on all nodes, each bucket mounted.
for node in $NODES; do
    docker exec "$node" sh -euc "mkdir -p $ROOT
        export CURL_CA_BUNDLE=/etc/neursafe_fl/s3fs-ca.crt
        for bucket in $BUCKETS; do mountpoint -q $ROOT/\$bucket || s3fs \$bucket $ROOT/\$bucket -o url=https://$ADDRESS:9000; done"
done

# Deploy the database: the three tables.
docker exec -i "$first" runuser -u postgres -- psql --quiet neursafe_fl <<'SQL'
CREATE TABLE IF NOT EXISTS jobs (id serial primary key, data jsonb);
CREATE TABLE IF NOT EXISTS models (id serial primary key, data jsonb);
CREATE TABLE IF NOT EXISTS tasks (id serial primary key, data jsonb);
SQL

# Build images.
[ $images = no ] || "$here/build_images.sh" "$BENCH_WORK/by_hand" "$REGISTRY/by-hand" latest

# Prepare the shared directory, and copy the two generated files into it.
docker exec "$first" mkdir -p "$ROOT/nsfl-system/bench/selector" "$ROOT/nsfl-system/bench/proxy" "$ROOT/nsfl-system/bench/coordinator_configs"
docker exec -i "$first" sh -c "cat >$ROOT/nsfl-system/bench/proxy/nginx.conf" <rendered/nginx.conf
docker exec -i "$first" sh -c "cat >$ROOT/nsfl-system/bench/selector/client_selector_setup.json" <rendered/client_selector_setup.json

# What the guide forgets (the namespace, accounts and roles), and the Secrets that it notes.
have -f rendered/more >/dev/null
for secret in "miniosecret $S3_PASSWORD" "pgsecret $DATABASE_PASSWORD"; do
    kubectl --namespace nsfl-bench create secret generic "${secret%% *}" --from-literal=username=nsfl --from-literal="password=${secret#* }" \
        --dry-run=client --output yaml | have -f - >/dev/null
done

# Server deployment, with the guide's look after each.
for component in job-scheduler model-manager client-selector proxy api-server; do
    have -f "rendered/$component.yaml"
    kubectl --namespace nsfl-bench get pod
done
have -f rendered/ingress-job-scheduler.yaml
have -f rendered/ingress-model-manager.yaml
kubectl --namespace nsfl-bench get pod
