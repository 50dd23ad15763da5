#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# wait.sh KUBECTL KUBECONFIG LAB SECONDS NODES: wait until that many nodes and the DNS are ready, or say why they are not.
set -eu
kubectl="$1 --kubeconfig=$2"
lab=$3
end=$(($(date +%s) + $4))
nodes=$5
states='{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'

while [ "$(date +%s)" -lt "$end" ]; do
    ready=$($kubectl get nodes -o jsonpath="$states" 2>/dev/null | grep -c '=True$' || true)
    dns=$($kubectl -n kube-system get deployment coredns -o jsonpath='{.status.availableReplicas}' 2>/dev/null || true)
    [ "$ready" -ge "$nodes" ] && [ "${dns:-0}" -ge 1 ] && exit 0
    sleep 1
done

exec >&2
echo "after $4 s: $ready of $nodes nodes ready, ${dns:-0} of 1 DNS pods ready"
$kubectl get nodes -o wide || true
$kubectl get pods --all-namespaces -o wide || true
$kubectl get events --all-namespaces --field-selector type=Warning --sort-by .lastTimestamp | tail -n 10 || true
for number in $(seq "$nodes"); do
    echo "--- failed units and the kubelet's last words on node-$number"
    docker exec "$lab-node-$number" systemctl --failed --no-legend || true
    docker exec "$lab-node-$number" journalctl --no-pager -q -u kubelet -n 8 || true
done
exit 1
