# SPDX-License-Identifier: Apache-2.0
"""The floor: what a rerun has to look at, read without Ansible and one after another."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench" / "place"), str(ROOT / "build" / "collections")]

import psycopg2
import urllib3
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube
from minio import Minio
from site_settings import site

LABELLED = "app.kubernetes.io/instance in (neursafe-fl-server-default, neursafe-fl-api-server-default)"
KINDS = (
    *("api/v1/namespaces", "api/v1/services", "api/v1/configmaps", "api/v1/secrets", "api/v1/serviceaccounts", "apis/apps/v1/deployments"),
    *(f"apis/rbac.authorization.k8s.io/v1/{kind}" for kind in ("roles", "rolebindings", "clusterroles", "clusterrolebindings")),
    *(f"apis/networking.k8s.io/v1/{kind}" for kind in ("ingresses", "ingressclasses")),
)
NODE = """
for bucket in {buckets}; do mountpoint {root}/$bucket; stat {root}/$bucket; systemctl show nsfl-s3fs@$bucket; done
stat {root}/nsfl-system/*; sha256sum /etc/systemd/system/nsfl* /etc/nsfl* 2>/dev/null || true
"""


def objects(kubeconfig: str) -> int:
    kube = Kube(kubeconfig)
    return sum(len(kube.get(f"/{kind}", labelSelector=LABELLED)["items"]) for kind in KINDS)


def images(here: dict[str, str]) -> int:
    """The content of the tree, and the registry's word on each image."""
    tree = hashlib.sha256()
    for path in sorted((ROOT / "tests" / "doubles").rglob("*")):
        if path.is_file():
            tree.update(path.read_bytes())
    account = base64.b64encode(f"{here['REGISTRY_USERNAME']}:{here['REGISTRY_PASSWORD']}".encode()).decode()
    registry = http.client.HTTPSConnection(here["REGISTRY"], context=ssl.create_default_context(cafile=here["REGISTRY_CA"]))
    found = 0
    for image in json.loads(Path(here["IMAGES"]).read_text()).values():
        name, digest = image["reference"].partition("/")[2].split("@")
        registry.request("HEAD", f"/v2/{name}/manifests/{digest}", headers={"Authorization": f"Basic {account}", "Accept": "*/*"})
        answer = registry.getresponse()
        answer.read()
        found += answer.status == 200
    return found


def tables(here: dict[str, str]) -> int:
    place = {"host": here["ADDRESS"], "sslmode": "verify-full", "sslrootcert": here["CA"]}
    with psycopg2.connect(dbname="neursafe_fl", user="nsfl", password=here["DATABASE_PASSWORD"], **place) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return len(cursor.fetchall())


def buckets(here: dict[str, str]) -> int:
    trusting = urllib3.PoolManager(ca_certs=here["CA"])
    return len(Minio(f"{here['ADDRESS']}:9000", "nsfl-root", here["S3_ROOT_PASSWORD"], http_client=trusting).list_buckets())


def health(here: dict[str, str]) -> bool:
    way_in = http.client.HTTPSConnection(here["ADDRESS"], 30084, timeout=5, context=ssl.create_default_context(cafile=here["CA"]))
    account = base64.b64encode(f"nsfl:{here['API_PASSWORD']}".encode()).decode()
    way_in.request("GET", "/api/v1/health", headers={"Authorization": f"Basic {account}"})
    return way_in.getresponse().status == 200


here = site()
seen = {
    "objects": objects(here["KUBECONFIG"]),
    "images": images(here),
    "buckets": buckets(here),
    "indexes": tables(here),
    "proxy": bool(socket.create_connection((here["ADDRESS"], 30091), timeout=5)),
    "API server": health(here),
}
script = NODE.format(buckets=here["BUCKETS"], root=here["ROOT"])
for node in here["NODES"].split():
    seen[node] = len(subprocess.run(["docker", "exec", node, "sh", "-c", script], capture_output=True, text=True, check=True).stdout)
print(seen)
if not all(seen.values()) or seen["images"] < 8:
    sys.exit("something that a rerun looks at has not been seen")
