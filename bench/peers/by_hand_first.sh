#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A person who goes through the guide for the first time, on bare hosts, with what it forgets at hand. Without TLS, as the guide is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$BENCH_WORK/site.env"
export KUBECONFIG
cd "$BENCH_WORK"
PATH=$HOME/.cache/neursafe-fl/bin:$PATH
first=${NODES%% *}

# Install the distributed file system, and make its buckets.
docker cp "$(command -v minio)" "$first:/usr/local/bin/minio"
docker exec -i "$first" sh -euc 'umask 077; mkdir -p /srv/minio; cat >/etc/minio.env
    systemd-run --quiet --unit=minio --property=EnvironmentFile=/etc/minio.env minio server --address :9000 /srv/minio' <<END
MINIO_ROOT_USER=nsfl
MINIO_ROOT_PASSWORD=$S3_PASSWORD
END
until curl --silent --fail "http://$ADDRESS:9000/minio/health/ready"; do sleep 0.5; done
# shellcheck disable=SC2086 # a list of words
S3_PASSWORD=$S3_PASSWORD python - $BUCKETS <<END
import os, sys
import minio
store = minio.Minio("$ADDRESS:9000", "nsfl", os.environ["S3_PASSWORD"], secure=False)
for bucket in sys.argv[1:]:
    store.make_bucket(bucket)
END

# Install S3FS: the shared root on all nodes, each bucket mounted.
for node in $NODES; do
    echo "nsfl:$S3_PASSWORD" | docker exec -i "$node" sh -euc "umask 077; cat >/etc/passwd-s3fs; umask 022
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq update; apt-get -qq install --no-install-recommends s3fs >/dev/null 2>&1
        for bucket in $BUCKETS; do
            mkdir -p $ROOT/\$bucket
            s3fs \$bucket $ROOT/\$bucket -o url=http://$ADDRESS:9000 -o use_path_request_style -o allow_other
        done"
done

# Deploy the database: its user, and the three tables.
docker exec "$first" sh -euc "export DEBIAN_FRONTEND=noninteractive; apt-get -qq install --no-install-recommends postgresql >/dev/null 2>&1
    cd /etc/postgresql/*/main; echo \"listen_addresses = '*'\" >>postgresql.conf
    echo 'host neursafe_fl nsfl samenet scram-sha-256' >>pg_hba.conf
    echo 'host neursafe_fl nsfl 10.244.0.0/16 scram-sha-256' >>pg_hba.conf
    systemctl restart postgresql; until pg_isready --quiet; do sleep 0.5; done"
docker exec -i "$first" runuser -u postgres -- psql --quiet --set=ON_ERROR_STOP=1 <<SQL
CREATE ROLE nsfl LOGIN PASSWORD '$DATABASE_PASSWORD';
CREATE DATABASE neursafe_fl OWNER nsfl;
\c neursafe_fl
SET ROLE nsfl;
CREATE TABLE jobs (id serial primary key, data jsonb);
CREATE TABLE models (id serial primary key, data jsonb);
CREATE TABLE tasks (id serial primary key, data jsonb);
SQL

# Build images.
"$here/build_images.sh" "$BENCH_WORK/by_hand" "$REGISTRY" latest

# Prepare the shared directory, and copy the two generated files into it.
system=$ROOT/nsfl-system
docker exec "$first" mkdir -p "$system/selector" "$system/proxy" "$system/coordinator_configs"
docker exec -i "$first" sh -c "cat >$system/proxy/nginx.conf" <bare/nginx.conf
docker exec -i "$first" sh -c "cat >$system/selector/client_selector_setup.json" <bare/client_selector_setup.json

# What the guide forgets (accounts, roles, the proxy's token), and the Secrets that it notes.
kubectl create -f bare/more
for secret in "miniosecret $S3_PASSWORD" "pgsecret $DATABASE_PASSWORD"; do
    kubectl create secret generic "${secret%% *}" --from-literal=username=nsfl --from-literal="password=${secret#* }"
done
kubectl create secret generic nsfl-proxy-token "--from-literal=token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')"
kubectl create secret docker-registry registry-secret "--docker-server=$REGISTRY" "--docker-username=$REGISTRY_USERNAME" \
    "--docker-password=$REGISTRY_PASSWORD"

# Server deployment, with the guide's look after each.
for component in job-scheduler model-manager client-selector proxy api-server; do
    kubectl create -f "bare/$component.yaml"
    kubectl get pod
done
kubectl create -f bare/ingress-job-scheduler.yaml
kubectl create -f bare/ingress-model-manager.yaml
kubectl wait --for=condition=Available deployment --all --timeout=300s
until curl --silent --fail "http://$ADDRESS:30083/api/v1/health"; do sleep 0.5; done
