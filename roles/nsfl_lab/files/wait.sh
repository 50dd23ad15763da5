#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# wait.sh KUBECTL KUBECONFIG LAB SECONDS NODES: wait until the nodes named are ready and the DNS answers on each, or say why they are not.
set -eu
kubectl="$1 --kubeconfig=$2"
lab=$3
end=$(($(date +%s) + $4))
nodes=$5

# What the API server remembers of a node may be from before it was killed: each kubelet is asked now, and so is the DNS.
awaited() {
    states=$($kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
    for node in $nodes; do
        if ! echo "$states" | grep -qx "$node=True" || ! $kubectl get --raw "/api/v1/nodes/$node/proxy/healthz" >/dev/null; then
            echo "$node"
        elif ! docker exec "$lab-$node" python3 /usr/lib/nsfl-lab/resolve kubernetes.default.svc.cluster.local >/dev/null; then
            echo "DNS-on-$node"
        fi
    done
}
while :; do
    waiting=$(awaited 2>/dev/null | paste -sd' ')
    [ -n "$waiting" ] || exit 0
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 1
done

exec >&2
echo "not ready after $4 s: $waiting"
$kubectl get nodes -o wide || true
$kubectl get pods --all-namespaces -o wide || true
$kubectl get events --all-namespaces --field-selector type=Warning --sort-by .lastTimestamp | tail -n 10 || true
for node in $nodes; do
    echo "--- failed units and the kubelet's last words on $node (more: docker exec $lab-$node journalctl -u kubelet)"
    docker exec "$lab-$node" systemctl --failed --no-legend || true
    docker exec "$lab-$node" journalctl --no-pager -q -u kubelet -n 8 || true
done
exit 1
