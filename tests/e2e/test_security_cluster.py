# SPDX-License-Identifier: Apache-2.0
"""Promises of docs/security.md: what is in the cluster and in the registry. Needs the platform of test_main_job.py."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from conftest import ROOT
from platform_hands import BIN, NETWORK, STATE, kubectl, of_registry, secret, status_inside
from secret_watch import found_in, secrets

# The pods of the layout that does not run here are rendered, as the unit tests do.
_AnsibleCollectionFinder(paths=[str(ROOT / "build" / "collections")])._install()
sys.path.append(str(ROOT / "tests" / "unit" / "plugins" / "module_utils"))

from test_hardening import pods

NODE = str(NETWORK[11])
SERVER = ("nsfl-job-scheduler", "nsfl-client-selector", "nsfl-model-manager", "nsfl-proxy")


def items(kind: str, *arguments: str) -> list[dict[str, Any]]:
    return list(json.loads(kubectl("get", kind, *arguments, "-o", "json"))["items"])


def kubectl_says(*arguments: str, document: Any = None) -> tuple[int, str]:
    """A call that may be refused: its exit code and all that it printed."""
    words = [str(BIN / "kubectl"), "--kubeconfig", str(STATE / "kubeconfig"), *arguments]
    done = subprocess.run(words, input=json.dumps(document) if document else "", capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_security_6_no_object_keeps_a_copy_of_itself() -> None:
    kinds = "secrets,configmaps,deployments,services,serviceaccounts,networkpolicies,ingresses"
    ours = items(kinds, "-A", "-l", "app.kubernetes.io/part-of=neursafe-fl")
    assert len(ours) > 20
    assert [item["metadata"]["name"] for item in ours if "last-applied" in json.dumps(item["metadata"].get("annotations", {}))] == []


def test_security_7_the_well_known_token_is_refused() -> None:
    def answer(token: str) -> int:
        headers = {"token": token, "module-id": "e2e", "module-service": "e2e:1"}
        return status_inside("nsfl-proxy", "30092/api/v1/internal/routers", "POST", **headers)

    assert (answer("Fl-ZTE"), answer("")) == (401, 401)


# What each pod claims, what its level lets in, and what the next level has against it.
PROFILES = {
    "hostpath": {name: ("privileged", {"hostPath volumes"}) for name in (*SERVER, "nsfl-task-manager")}
    | {"nsfl-api-server": ("restricted", set())},
    "pvc": {
        "nsfl-client-selector": ("restricted", set()),
        "nsfl-api-server": ("restricted", set()),
        "nsfl-proxy": ("baseline", {"runAsNonRoot != true", "unrestricted capabilities"}),
        **{
            f"nsfl-{name}": ("baseline", {"runAsNonRoot != true"})
            for name in ("job-scheduler", "model-manager", "data-server", "task-manager")
        },
    },
}
STRICTER = {"privileged": "baseline", "baseline": "restricted"}


@pytest.fixture(scope="module")
def levels() -> Iterator[dict[str, str]]:
    """A namespace for each level."""
    names = {level: f"nsfl-{level}" for level in ("privileged", "baseline", "restricted")}
    for level, name in names.items():
        labels = {"pod-security.kubernetes.io/enforce": level}
        kubectl_says("apply", "-f", "-", document={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield names
    kubectl("delete", "namespace", *names.values(), "--wait=false")


@pytest.mark.parametrize("layout", PROFILES)
def test_security_9_pods_pass_the_profile_that_they_claim(layout: str, levels: dict[str, str]) -> None:
    """As bare pods, because a Deployment is let in whatever its pods are."""
    rendered = pods(layout)
    if layout == "hostpath":
        live = [item for item in items("deployments") if item["metadata"]["labels"].get("app.kubernetes.io/part-of") == "neursafe-fl"]
        rendered = {item["metadata"]["name"]: item["spec"]["template"]["spec"] for item in live}
    assert set(rendered) == set(PROFILES[layout])
    for name, spec in rendered.items():
        # The account is not in those namespaces, and no part of the profile.
        plain = {key: value for key, value in spec.items() if key not in ("serviceAccount", "serviceAccountName")}
        document = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "tried"},
            "spec": {**plain, "automountServiceAccountToken": False},
        }
        claimed, reasons = PROFILES[layout][name]
        code, said = kubectl_says("create", "--dry-run=server", "-n", levels[claimed], "-f", "-", document=document)
        assert code == 0, f"{name}: {said}"
        if claimed in STRICTER:
            code, said = kubectl_says("create", "--dry-run=server", "-n", levels[STRICTER[claimed]], "-f", "-", document=document)
            assert code != 0, name
            known = (
                "hostPath volumes",
                "runAsNonRoot != true",
                "unrestricted capabilities",
                "allowPrivilegeEscalation",
                "seccompProfile",
                "privileged (",
            )
            assert {reason for reason in known if reason in said} == reasons, f"{name}: {said}"


WORK = {"pods": {"create", "get", "delete"}, "services": {"create", "get", "delete"}}
READ = {"get", "list", "watch"}
RIGHTS = {
    "nsfl-job-scheduler": WORK,
    "nsfl-task-manager": {**WORK, "nodes": {"list", "watch"}},
    "nsfl-api-server": {
        **dict.fromkeys(("services", "secrets", "nodes", "endpointslices.discovery.k8s.io"), READ),
        **{f"{name}.networking.k8s.io": READ for name in ("ingresses", "ingressclasses")},
        "ingresses.networking.k8s.io/status": {"update"},
    },
    # Whom all others run as.
    "default": {},
}


@pytest.mark.parametrize("account", RIGHTS)
def test_security_10_accounts_may_do_what_the_contract_says_and_nothing_else(account: str) -> None:
    as_it = f"--as=system:serviceaccount:default:{account}"
    table = re.findall(r"^(\S+)\s+\[\]\s+\[\]\s+\[(.*)\]$", kubectl("auth", "can-i", "--list", "-n", "default", as_it), re.MULTILINE)
    # Every account may ask what it may do.
    assert {name: set(verbs.split()) for name, verbs in table if not name.startswith("self")} == RIGHTS[account]
    for forbidden in (
        ("get", "secrets", "-n", "kube-system"),
        ("get", "pods", "-n", "kube-system"),
        ("delete", "deployment", "nsfl-proxy"),
    ):
        assert "forbidden" in kubectl_says(*forbidden, as_it)[1], forbidden


def test_security_12_each_component_has_its_policy_in_the_cluster() -> None:
    policies = items("networkpolicies", "-A", "-l", "app.kubernetes.io/managed-by=neursafe.fl")
    chosen = [item["spec"]["podSelector"]["matchLabels"] for item in policies if item["spec"]["policyTypes"] == ["Ingress", "Egress"]]
    # What the verification has a pod make ends at once, and talks to nobody.
    running = items("pods", "-A", "-l", "app.kubernetes.io/managed-by=neursafe.fl", "--field-selector", "status.phase=Running")
    assert len(running) >= len(SERVER)
    assert [pod["metadata"]["name"] for pod in running if not any(c.items() <= pod["metadata"]["labels"].items() for c in chosen)] == []
    others = [pod for pod in items("pods", "-A") if "app.kubernetes.io/managed-by" not in pod["metadata"].get("labels", {})]
    assert [pod["metadata"]["name"] for pod in others if any(c.items() <= pod["metadata"].get("labels", {}).items() for c in chosen)] == []


def test_security_18_pods_run_from_images_that_cannot_change() -> None:
    named = {
        container["image"]
        for pod in items("pods", "-l", "app.kubernetes.io/managed-by=neursafe.fl")
        for container in pod["spec"]["containers"]
    }
    by_tag = {image for image in named if not re.search(r"@sha256:[0-9a-f]{64}$", image)}
    # The inventory names these two by their version.
    assert {image.rpartition("/")[2] for image in by_tag} == {"traefik:v3.6.12", "kubectl:v1.34.4"}
    assert len(named - by_tag) >= len(SERVER)
    scheduler = next(item for item in items("deployments") if item["metadata"]["name"] == "nsfl-job-scheduler")
    (executed,) = [e["value"] for e in scheduler["spec"]["template"]["spec"]["containers"][0]["env"] if e["name"] == "COORDINATOR_IMAGE"]
    assert "@sha256:" in executed


def image_configs() -> dict[str, dict[str, Any]]:
    """What the registry keeps of each image beside its layers: environment, labels, and the commands that made it."""
    account = base64.b64encode(f"nsfl:{secret('registry_password')}".encode()).decode()
    kinds = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"

    def ask(url: str) -> Any:
        answer = of_registry(url, Authorization=f"Basic {account}", Accept=kinds)
        assert answer.status == 200, answer.status
        return answer.json()

    found = {}
    for name, entry in json.loads((STATE / "images.json").read_text(encoding="utf-8")).items():
        registry, _slash, rest = entry["reference"].partition("/")
        repository, _at, digest = rest.partition("@")
        base = f"{registry}/v2/{repository.partition(':')[0]}"
        found[name] = ask(f"{base}/blobs/{ask(f'{base}/manifests/{digest}')['config']['digest']}")
    return found


def test_security_18_no_secret_is_in_a_layer() -> None:
    configs = image_configs()
    assert configs and all(config["history"] for config in configs.values())
    assert {name: found for name, config in configs.items() if (found := found_in(json.dumps(config).encode(), secrets()))} == {}


def test_security_19_an_image_says_what_it_was_built_from() -> None:
    labels = {name: config["config"].get("Labels") or {} for name, config in image_configs().items()}
    assert [name for name, found in labels.items() if not any(re.fullmatch(r"[0-9a-f]{64}", str(value)) for value in found.values())] == []


def test_security_19_each_image_has_its_bill_of_materials() -> None:
    """Of the very digest that runs, with packages, and without a secret."""
    images = json.loads((STATE / "images.json").read_text(encoding="utf-8"))
    files = {name: STATE / "sbom" / f"{name}@{entry['digest'].replace(':', '-')}.spdx.json" for name, entry in images.items()}
    assert [name for name, path in files.items() if not path.is_file()] == []
    for name, path in files.items():
        described, *packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        assert (described["name"], described["versionInfo"]) == (name, images[name]["digest"])
        assert "libc6" in {package["name"] for package in packages}, name
        assert found_in(path.read_bytes(), secrets()) == set(), name
    pods_of_ours = items("pods", "-l", "app.kubernetes.io/managed-by=neursafe.fl")
    run = {container["image"].partition("@")[2] for pod in pods_of_ours for container in pod["spec"]["containers"]} - {""}
    assert run and run <= {entry["digest"] for entry in images.values()}
