#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# state.sh [--check] DIRECTORY API-ADDRESS NODE=ADDRESS…: the certificates and kubeconfigs of a lab's cluster, those that are missing.
#
# DIRECTORY/pki keeps the authority, DIRECTORY/kubeconfig is the administrator's, and DIRECTORY/hosts/<node> is what that
# node alone gets to see. Prints the path of each file that it made, or would have.
set -eu
umask 077
check=
[ "$1" != --check ] || { check=yes; shift; }
directory=$1
api=$2
shift 2
pki=$directory/pki
first=${1%%=*}
[ -n "$check" ] || mkdir -p "$pki" "$directory/docker"

made() { echo "made $1"; }
only_checking() { [ -n "$check" ] && made "$1"; }

key() { # FILE
    [ -s "$1" ] && return 0
    only_checking "$1" && return 0
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.new"
    mv "$1.new" "$1"
    made "$1"
}

authority() {
    key "$pki/ca.key"
    [ -s "$pki/ca.crt" ] && return 0
    only_checking "$pki/ca.crt" && return 0
    openssl req -x509 -new -key "$pki/ca.key" -sha256 -days 3650 -subj "/CN=nsfl-lab" \
        -addext keyUsage=critical,keyCertSign,cRLSign -out "$pki/ca.crt.new"
    mv "$pki/ca.crt.new" "$pki/ca.crt"
    made "$pki/ca.crt"
}

certificate() { # FILE-WITHOUT-SUFFIX SUBJECT [NAMES]
    key "$1.key"
    [ -s "$1.crt" ] && return 0
    only_checking "$1.crt" && return 0
    {
        echo "keyUsage = critical, digitalSignature, keyEncipherment"
        echo "extendedKeyUsage = clientAuth, serverAuth"
        [ -z "${3:-}" ] || echo "subjectAltName = $3"
    } >"$1.ext"
    openssl req -new -key "$1.key" -subj "$2" |
        openssl x509 -req -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 3650 -sha256 \
            -extfile "$1.ext" -out "$1.crt.new" 2>/dev/null
    rm "$1.ext"
    mv "$1.crt.new" "$1.crt"
    made "$1.crt"
}

place() { # SOURCE TARGET
    cmp -s "$1" "$2" && return 0
    only_checking "$2" && return 0
    cp "$1" "$2.new"
    mv "$2.new" "$2"
    made "$2"
}

kubeconfig() { # FILE SUBJECT
    [ -s "$1" ] && return 0
    only_checking "$1" && return 0
    certificate "$pki/${1##*/}" "$2"
    cat >"$1.new" <<CONFIG
apiVersion: v1
kind: Config
current-context: nsfl-lab
clusters:
- name: nsfl-lab
  cluster: {server: "https://$api:6443", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}
contexts:
- name: nsfl-lab
  context: {cluster: nsfl-lab, user: ${1##*/}}
users:
- name: ${1##*/}
  user:
    client-certificate-data: $(base64 -w0 "$pki/${1##*/}.crt")
    client-key-data: $(base64 -w0 "$pki/${1##*/}.key")
CONFIG
    mv "$1.new" "$1"
    rm -f "$pki/${1##*/}.key" "$pki/${1##*/}.crt"
    made "$1"
}

authority
kubeconfig "$directory/kubeconfig" "/O=system:masters/CN=nsfl-lab-admin"
for pair in "$@"; do
    node=$directory/hosts/${pair%%=*}/node
    [ -n "$check" ] || mkdir -p "$node"
    place "$pki/ca.crt" "$node/ca.crt"
    kubeconfig "$node/kubelet.kubeconfig" "/O=system:nodes/CN=system:node:${pair%%=*}"
    kubeconfig "$node/kube-proxy.kubeconfig" "/CN=system:kube-proxy"
done

control=$directory/hosts/$first/control-plane
[ -n "$check" ] || mkdir -p "$control"
place "$pki/ca.crt" "$control/ca.crt"
key "$control/service-account.key"
certificate "$control/apiserver" "/CN=kube-apiserver" "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,\
DNS:kubernetes.default.svc.cluster.local,DNS:localhost,DNS:$first,IP:$api,IP:10.96.0.1,IP:127.0.0.1"
certificate "$control/apiserver-kubelet-client" "/O=system:masters/CN=kube-apiserver-kubelet-client"
kubeconfig "$control/controller-manager.kubeconfig" "/CN=system:kube-controller-manager"
kubeconfig "$control/scheduler.kubeconfig" "/CN=system:kube-scheduler"
