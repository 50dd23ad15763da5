# SPDX-License-Identifier: Apache-2.0
"""Settings that cannot work, several to a run, and what has to be said about each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from conftest import LOGS
from platform_hands import NETWORK, STATE, kubectl

WRONG_SECRETS = ("hush-s3-secret", "hush-database", "hush-registry", "hush-{{-hush")
SCRATCH = LOGS / "bad_input"
NODE = NETWORK[11]
REGISTRY = f"localhost:{os.environ.get('NSFL_LAB_REGISTRY_PORT', '5000')}"
STORE = f"https://{NODE}:9000"
NAME_64 = "a" * 64


@contextmanager
def foreign_service() -> Iterator[None]:
    """A Service of somebody else that has a NodePort."""
    kubectl("create", "service", "nodeport", "foreign", "-n", "kube-system", "--tcp=80", "--node-port=30499")
    try:
        yield
    finally:
        kubectl("delete", "service", "foreign", "-n", "kube-system")


@contextmanager
def copies() -> Iterator[None]:
    """A kubeconfig that leads to a closed port, and files of secrets that cannot be used."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    kubeconfig = (STATE / "kubeconfig").read_text(encoding="utf-8").replace(f"{NODE}:6443", f"{NODE}:1")
    paths = {"kubeconfig": kubeconfig, "open.yml": "proxy_token: canary\n", "vaulted.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n"}
    for name, text in paths.items():
        (SCRATCH / name).write_text(text, encoding="utf-8")
        (SCRATCH / name).chmod(0o644 if name == "open.yml" else 0o600)
    try:
        yield
    finally:
        for name in paths:
            (SCRATCH / name).unlink()


@dataclass(frozen=True)
class Mistakes:
    """Wrong settings of one run, and what has to be said about them."""

    settings: dict[str, Any]
    told: tuple[str, ...]
    playbook: str = "server"
    around: Callable[[], AbstractContextManager[None]] = field(default=nullcontext)


RUNS = {
    "types": Mistakes(
        {
            "nsfl_server_proxy_grpc_port": "abc",
            "nsfl_rot": "/mnt/x",
            "nsfl_kube_contxt": "x",
            "nsfl_secure_logging": "perhaps",
            "nsfl_fl_namespaces": "default,research",
            "nsfl_images_build_args": "HTTP=1",
            "nsfl_images_catalogue": [{"nam": "nsfl-base", "dockerfile": "base.Dockerfile"}],
            "nsfl_api_server_provider": "nginx",
            "nsfl_client_engine": "podmn",
            "nsfl_log_level": "inf",
            "nsfl_registry": None,
            "nsfl_namespace": "fl\0x",
            "nsfl_models_bucket": "models\n",
            "nsfl_db_password": "hush-{{-hush",
            "nsfl_registry_password": "{{ vault_registry_password }}",
            "nsfl_images_tag": "{{ lookup('file', '/nonexistent/tag') }}",
        },
        (
            "nsfl_server_proxy_grpc_port: 'abc' is no whole number; write digits only",
            "nsfl_rot: no role knows a setting of this name; write nsfl_root",
            "nsfl_kube_contxt: no role knows a setting of this name; write nsfl_kube_context",
            "nsfl_secure_logging: 'perhaps' is no boolean; write true or false",
            "nsfl_fl_namespaces: 'default,research' is no list; write it as [first, second]",
            "nsfl_images_build_args: 'HTTP=1' is no map; write key: value pairs",
            "nsfl_images_catalogue[0].nam: there is no such key; write name",
            "nsfl_images_catalogue[0].name: it is missing; add it",
            "nsfl_api_server_provider: 'nginx' is not known; write one of traefik, ingress, nodeport",
            "nsfl_client_engine: 'podmn' is not known; write podman",
            "nsfl_log_level: 'inf' is not known; write info",
            "nsfl_registry: it has no value; give it one, or leave the setting out",
            "nsfl_namespace: 'fl\\x00x' has a line break or another control character in it; leave it out",
            "nsfl_models_bucket: 'models\\n' has a line break or another control character in it; leave it out",
            "nsfl_db_password: Ansible takes its braces for a template, which is no right one; put the tag !unsafe before a value",
            "nsfl_registry_password: it refers to vault_registry_password, which is defined nowhere; define it",
            "nsfl_images_tag: its value cannot be worked out: The lookup plugin 'file' failed: Unable to access the file",
        ),
    ),
    "missing": Mistakes(
        {
            "nsfl_object_store_provider": "external",
            "nsfl_s3_endpoint": "",
            "nsfl_s3_access_key": "",
            "nsfl_s3_secret_key": "",
            "nsfl_database_provider": "external",
            "nsfl_db_address": "",
            "nsfl_db_password": "",
            "nsfl_registry_password": "",
            "nsfl_images_source_tree": "",
        },
        (
            "nsfl_s3_endpoint: it is not set, so there is nothing to mount; give the object store's address",
            "nsfl_s3_access_key: it has 0 characters; MinIO wants 3 to 128",
            "nsfl_s3_secret_key: it has 0 characters; MinIO wants 8 to 128",
            "nsfl_db_address: '' is not HOST:PORT; write for example 10.0.0.5:5432",
            "nsfl_db_password: no password is given; set it, or leave the generated one",
            "nsfl_registry_password: the account has no password; set nsfl_registry_password",
            "nsfl_images_source_tree: no source tree is given; set it to a checkout on the controller",
        ),
    ),
    "names": Mistakes(
        {
            "nsfl_fl_namespaces": ["../x", "Ä", "-a", NAME_64],
            "nsfl_root": "/mnt/../etc",
            "nsfl_namespace": "Bad_Name",
            "nsfl_proxy_grpc_port": 9090,
            "nsfl_proxy_http_port": 70000,
            "nsfl_api_https_port": 0,
            "nsfl_db_name": "fl; drop table jobs",
            "nsfl_db_address": "10.67.134.15.9001",
            "nsfl_registry": "http://localhost:5000",
            "nsfl_images_tag": ".x",
            "nsfl_s3_endpoint": "10.0.0.4:9000",
            "nsfl_models_bucket": "my_models",
            "nsfl_server_job_scheduler_coordinator_configs_dir": "../../etc",
        },
        (
            "nsfl_fl_namespaces: '../x' is not a bucket name; use lower-case letters, digits and hyphens",
            "nsfl_fl_namespaces: 'Ä' has capital letters, which no bucket name may have; write it in lower case",
            "nsfl_fl_namespaces: '-a' has 2 characters; a bucket name has 3 to 63",
            f"nsfl_fl_namespaces: '{NAME_64}' has 64 characters; a bucket name has 3 to 63",
            "nsfl_root: '/mnt/../etc' contains '..'; write the folder itself",
            "nsfl_namespace: 'Bad_Name' is no Kubernetes name; small letters, digits and hyphens",
            "nsfl_proxy_grpc_port: 9090 is outside the NodePort range; choose one from 30000 to 32767",
            "nsfl_proxy_http_port: 70000 is no usable port; choose one from 1 to 65535",
            "nsfl_api_https_port: 0 is outside the NodePort range; choose one from 30000 to 32767",
            "nsfl_db_name: 'fl; drop table jobs' is no name for this; use lower-case letters, digits and _",
            "nsfl_db_address: '10.67.134.15.9001' has a dot where the colon belongs; write 10.67.134.15:9001",
            "nsfl_registry: 'http://localhost:5000' has a scheme; give HOST:PORT",
            "nsfl_images_tag: '.x' is no tag; use letters, digits, _ . and -",
            "nsfl_s3_endpoint: '10.0.0.4:9000' has no scheme; write it as http://host:9000",
            "nsfl_models_bucket: 'my_models' has an underscore, which no bucket name may have; write a hyphen",
            "nsfl_server_job_scheduler_coordinator_configs_dir: '../../etc' is no path below the shared root; no slash at the beginning",
        ),
    ),
    "unreachable": Mistakes(
        {
            "nsfl_object_store_provider": "external",
            "nsfl_s3_endpoint": f"http://{NODE}:1",
            "nsfl_database_provider": "external",
            "nsfl_db_address": f"{NODE}:1",
            "nsfl_registry": "localhost:1",
            "nsfl_images_source_tree": "/nonexistent/federated-learning",
            "nsfl_kubeconfig": str(SCRATCH / "kubeconfig"),
        },
        (
            f"nsfl_s3_endpoint: nothing answers at http://{NODE}:1 (",
            "; is the server running and the port open?",
            f"nsfl_db_address: PostgreSQL at {NODE}:1 cannot be reached: ",
            "; start it, open its port, or correct the address",
            "nsfl_registry: registry localhost:1 cannot be reached at https://localhost:1: [Errno 111] Connection refused; start it",
            "nsfl_images_source_tree: the source tree /nonexistent/federated-learning is no folder on the controller; name the checkout",
            f"nsfl_kubeconfig: no answer from https://{NODE}:1: [Errno 111] Connection refused; start the cluster, or name another",
        ),
        around=copies,
    ),
    "credentials": Mistakes(
        {
            "nsfl_object_store_provider": "external",
            "nsfl_object_store_manage_user": False,
            "nsfl_s3_endpoint": STORE,
            "nsfl_s3_access_key": "nobody",
            "nsfl_s3_secret_key": "hush-s3-secret",
            "nsfl_database_provider": "external",
            "nsfl_db_address": f"{NODE}:5432",
            "nsfl_db_password": "hush-database",
            "nsfl_registry_password": "hush-registry",
            "nsfl_kube_context": "production",
        },
        (
            f"nsfl_s3_access_key / nsfl_s3_secret_key: {STORE} refuses the keys (InvalidAccessKeyId: no user of that access key exists)",
            f"nsfl_db_password: PostgreSQL at {NODE}:5432 refuses user nsfl: wrong password, or no such user; correct them",
            f"nsfl_registry_password: registry {REGISTRY} refuses to log in: HTTP 401 for user 'nsfl'; correct the registry's user name",
            f"nsfl_kube_context: {STATE}/kubeconfig has no context production; it has nsfl-lab; name another",
        ),
    ),
    "room and ports": Mistakes(
        {
            "nsfl_object_store_data_free_mb": 999_999_999,
            "nsfl_images_force": True,
            "nsfl_images_min_free_mb": 999_999_999,
            # At this port is no server yet, so one would be installed.
            "nsfl_db_address": f"{NODE}:5999",
            "nsfl_database_min_free_mb": 999_999_999,
            "nsfl_proxy_grpc_port": 30499,
            "nsfl_api_https_port": 30499,
        },
        (
            "MB are wanted (nsfl_object_store_data_free_mb); free some or name another folder",
            "MB are free in /var/lib, 999999999 MB are wanted for the database; make room",
            "MB are wanted for the builds; make room",
            "nsfl_proxy_grpc_port: NodePort 30499 belongs to Service kube-system/foreign already; choose another port",
            "nsfl_api_https_port: NodePort 30499 belongs to Service kube-system/foreign already; choose another port",
        ),
        around=foreign_service,
    ),
    "open secrets": Mistakes(
        {"nsfl_secrets_file": str(SCRATCH / "open.yml"), "nsfl_images_source_tree": "/nonexistent/federated-learning"},
        (
            f"nsfl_secrets_file: {SCRATCH}/open.yml is open to other users (mode 0644); run chmod 600 {SCRATCH}/open.yml",
            "nsfl_images_source_tree: the source tree /nonexistent/federated-learning is no folder on the controller; name the checkout",
        ),
        playbook="preflight",
        around=copies,
    ),
    "locked secrets": Mistakes(
        {"nsfl_secrets_file": str(SCRATCH / "vaulted.yml"), "nsfl_models_bucket": "my_models"},
        (f"nsfl_secrets_file: {SCRATCH}/vaulted.yml cannot be read (", "); give the vault's password, or restore it from a backup"),
        around=copies,
    ),
    "client": Mistakes(
        {
            "nsfl_client_port": 9090,
            "nsfl_client_external_address": "0.0.0.0:30090",
            "nsfl_client_storage_quota": 0,
            "nsfl_client_datasets": {"ecg": "/srv/../etc"},
            "nsfl_client_runtime": ["tensorflw"],
            "nsfl_client_server": f"{NODE}.30091",
            "nsfl_client_tasks": [{"name": "../x"}],
        },
        (
            "nsfl_client_port: 9090 is outside the NodePort range; choose one from 30000 to 32767",
            "nsfl_client_external_address: '0.0.0.0:30090' leads the server to itself; give this host's own address",
            "nsfl_client_storage_quota: 0 leaves no room; it is in MB",
            "nsfl_client_datasets.ecg: '/srv/../etc' cannot be mounted; give an absolute path without '..'",
            "nsfl_client_runtime: 'tensorflw' is unknown; a list of tensorflow, pytorch",
            f"nsfl_client_server: '{NODE}.30091' has a dot where the colon belongs; write {NODE}:30091",
            "nsfl_client_tasks[0].name: '../x' is no file name; use letters, digits, _ and -",
        ),
        playbook="client",
    ),
    "client in the cluster": Mistakes(
        {"nsfl_client_port": 30499},
        ("nsfl_client_port: NodePort 30499 belongs to Service kube-system/foreign already; choose another port",),
        playbook="client",
        around=foreign_service,
    ),
}
