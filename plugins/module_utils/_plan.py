# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What applying a list of objects would do: found out by a server-side dry run, before anything is written."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.neursafe.fl.plugins.module_utils._differences import adopted, difference, essence, overwritten
from ansible_collections.neursafe.fl.plugins.module_utils._kinds import KINDS, collection_path, group, object_path, title
from ansible_collections.neursafe.fl.plugins.module_utils._kube import Kube, KubeError
from ansible_collections.neursafe.fl.plugins.module_utils._outdated import NOW, TOKEN, Place, place, written
from ansible_collections.neursafe.fl.plugins.module_utils._owner import MANAGER, changed_by_others, conflicts, is_ours, told
from ansible_collections.neursafe.fl.plugins.module_utils._readers import outdated_workloads
from ansible_collections.neursafe.fl.plugins.module_utils._readiness import WORKLOADS, is_ready

Object = dict[str, t.Any]
# Settings that NodePorts come from, by number.
Names = t.Mapping[str, str]

_VERBS = ("get", "list", "create", "patch", "delete")
# What is removed when it is no longer rendered. Namespaces and volumes are not: what others keep in them would go too.
_PRUNED = (
    "Deployment",
    "Ingress",
    "Service",
    "ConfigMap",
    "Secret",
    "RoleBinding",
    "Role",
    "ServiceAccount",
    "ClusterRoleBinding",
    "ClusterRole",
    "IngressClass",
    # Last, so that nothing which is going stands open meanwhile.
    "NetworkPolicy",
)


@dataclass
class Plan:
    """Positions of the objects to apply, objects to remove, and why neither may happen; titles of the workloads as they are now.

    `force`: the API server takes an object only from one who insists.
    """

    apply: list[dict[str, t.Any]] = field(default_factory=list)
    stale: list[Object] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    force: bool = False


class Comparison(t.NamedTuple):
    """`create`, `update`, `adopt` (equal, but not known as ours yet) or nothing; the difference; whether pods restart; as in `Plan`."""

    action: str
    lines: list[str]
    restarts: bool = False
    live: Object | None = None
    force: bool = False


def make_plan(
    kube: Kube, objects: list[Object], instance: str, force: bool, prefix: str, node_ports: Names, renewed: t.Collection[str] = ()
) -> Plan:
    """Compare every object with the cluster. Raises KubeError only when there is no talking to the cluster at all.

    `renewed`: titles of Secrets that the caller is about to make anew.
    """
    plan = Plan()
    plan.stale = stale_objects(kube, objects, instance) if instance else []
    coming = {item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"}
    missing, plan.problems = _namespaces(kube, objects, coming)
    found: dict[str, Object | None] = {}
    for index, item in enumerate(objects):
        entry = {"index": index, "title": title(item), "kind": item["kind"], "unchecked": False, "restarts": False}
        if item["metadata"].get("namespace", "") in missing:
            plan.apply.append({**entry, "action": "create", "unchecked": True, "difference": difference(None, item)})
            continue
        try:
            action, lines, entry["restarts"], found[title(item)], insists = compare(kube, item, force)
            plan.force |= insists
        except KubeError as error:
            if error.status == 0:
                raise
            if _freed_by(error, item, [*plan.stale, *_without_port(error, objects[:index])], kube):
                action, lines = "create", difference(None, item)
                entry["unchecked"] = True
            else:
                plan.problems += refusal(error, item, prefix, node_ports, kube)
                continue
        if action:
            plan.apply.append({**entry, "action": action, "difference": lines})
    workloads = [item for item in objects if item["kind"] in WORKLOADS]
    for item in workloads:
        live = found.get(title(item))
        (plan.ready if live and is_ready({**live, "kind": item["kind"]}) else plan.waiting).append(title(item))
    restarting = {entry["title"] for entry in plan.apply if entry["restarts"]}
    there = [item for item in workloads if found.get(title(item)) and title(item) not in restarting]
    plan.outdated = outdated_workloads(kube, there, _secret_times(plan, objects, found, renewed))
    return plan


def _secret_times(plan: Plan, objects: list[Object], found: t.Mapping[str, Object | None], renewed: t.Collection[str]) -> dict[Place, str]:
    """When each Secret last got another value, or that it is about to."""
    doing = {entry["title"]: entry["action"] for entry in plan.apply}
    times = {}
    for item in (item for item in objects if item["kind"] == "Secret"):
        name, live = title(item), found.get(title(item))
        # Kubernetes fills it with another token whenever it is made.
        another = doing.get(name) == "update" or (doing.get(name) == "create" and item.get("type") == TOKEN)
        if another or name in renewed:
            times[place(item)] = NOW
        elif live:
            times[place(item)] = written(live, MANAGER)
    return times


def compare(kube: Kube, item: Object, force: bool) -> Comparison:
    live = kube.find(object_path(item))
    wanted, taken, insists = _dry_run(kube, item, live, force)
    if live is None:
        return Comparison("create", difference(None, wanted))
    if essence(live) != essence(wanted):
        before, after = ((version.get("spec") or {}).get("template") for version in (live, wanted))
        return Comparison("update", taken + difference(live, wanted), before != after, live, insists)
    return Comparison("", [], live=live) if is_ours(live) else Comparison("adopt", [adopted(item)], live=live)


def _dry_run(kube: Kube, item: Object, live: Object | None, force: bool) -> tuple[Object, list[str], bool]:
    """The object as it would be; with `force`, a line that names whose changes are overwritten, where there are any; whether to insist."""
    try:
        return kube.dry_run(object_path(item), item, False), [], False
    except KubeError as error:
        found = conflicts(error)
        theirs = changed_by_others(found, live)
        if not found or (theirs and not force):
            raise
    lines = [overwritten(item, f"changed by somebody else: {told(theirs)}")] if theirs else []
    return kube.dry_run(object_path(item), item, True), lines, True


def stale_objects(kube: Kube, objects: list[Object], instance: str) -> list[Object]:
    """Objects that carry our labels and are no longer among the rendered ones; references only."""
    rendered = {(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in objects}
    selector = f"app.kubernetes.io/managed-by={MANAGER},app.kubernetes.io/instance={instance}"
    namespaces = sorted({item["metadata"]["namespace"] for item in objects if item["metadata"].get("namespace")})
    found = []
    for kind in _PRUNED:
        for live in _listed(kube, kind, selector, namespaces):
            metadata = live["metadata"]
            name = (kind, metadata.get("namespace", ""), metadata["name"])
            # ownerReferences: endpoints and the like, which copy the labels of what they belong to.
            if name not in rendered and not metadata.get("ownerReferences") and not metadata.get("deletionTimestamp"):
                reference = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
                found.append({"apiVersion": KINDS[kind][0], "kind": kind, "metadata": reference})
    return found


def _listed(kube: Kube, kind: str, selector: str, namespaces: list[str]) -> list[Object]:
    """Everywhere if that is allowed, else where this run has its objects."""
    try:
        return list(kube.get(collection_path(kind), labelSelector=selector)["items"])
    except KubeError as error:
        if error.status != 403:
            raise
    found = []
    for namespace in namespaces if KINDS[kind][2] else []:
        try:
            found += kube.get(collection_path(kind, namespace), labelSelector=selector)["items"]
        except KubeError as error:
            # A right that is lacking is reported on its own.
            if error.status not in (403, 404):
                raise
    return found


def _namespaces(kube: Kube, objects: list[Object], coming: set[str]) -> tuple[set[str], list[str]]:
    """Namespaces that are to be created, and problems with those that are not."""
    missing, problems = set(), []
    for name in sorted({item["metadata"]["namespace"] for item in objects if item["metadata"].get("namespace")}):
        try:
            live = kube.find(collection_path("Namespace") + "/" + name)
        except KubeError as error:
            if error.status != 403:
                raise
            continue  # not ours to see; the dry run will tell
        if live is None:
            missing.add(name)
            if name not in coming:
                problems.append(f"namespace {name}: does not exist; create it, or let the role create it")
        elif live["metadata"].get("deletionTimestamp"):
            left = "; ".join(condition["message"] for condition in live.get("status", {}).get("conditions") or [] if _blocks(condition))
            problems.append(f"namespace {name}: is being deleted ({left or 'Terminating'}); wait until it is gone, then run again")
            missing.add(name)
    return missing, problems


def _blocks(condition: Object) -> bool:
    return condition.get("status") == "True" and str(condition.get("type", "")).startswith("Namespace")


def refusal(error: KubeError, item: Object, prefix: str, node_ports: Names, kube: Kube) -> list[str]:
    """A refused dry run in the words of a person who has to mend it."""
    if found := conflicts(error):
        theirs = told(changed_by_others(found, kube.find(object_path(item))))
        cure = f"take their change into the inventory, or set {prefix}_force_conflicts to overwrite it"
        return [f"{title(item)}: changed by somebody else: {theirs}; {cure}"]
    if taken := _taken_ports(error):
        named = {port: node_ports.get(str(port), title(item)) for port in taken}
        return [f"{named[port]}: NodePort {port} belongs to {_holder(kube, port)} already; choose another port" for port in taken]
    if "field is immutable" in str(error):
        return [f"{title(item)}: {error}; this cannot be changed in place: remove the object first (kubectl delete), then run again"]
    if error.status == 403:
        return [f"{title(item)}: {error}; ask for this right, or use another kubeconfig ({prefix}_kubeconfig)"]
    return [f"{title(item)}: {error}; the API server would refuse it"]


def _taken_ports(error: KubeError) -> list[int]:
    return [int(port) for port in re.findall(r"Invalid value: (\d+): provided port is already allocated", str(error))]


def _holders(kube: Kube, port: int) -> list[Object]:
    try:
        services = kube.get(collection_path("Service"))["items"]
    except KubeError:
        return []
    return [item for item in services if any(entry.get("nodePort") == port for entry in item["spec"].get("ports") or [])]


def _holder(kube: Kube, port: int) -> str:
    names = [f"Service {item['metadata']['namespace']}/{item['metadata']['name']}" for item in _holders(kube, port)]
    return " and ".join(names) or "another Service"


def _without_port(error: KubeError, earlier: list[Object]) -> list[Object]:
    """Those of ours that come first and no longer want the port that is taken."""
    taken = set(_taken_ports(error))
    return [one for one in earlier if one["kind"] == "Service" and not taken & {port.get("nodePort") for port in one["spec"]["ports"]}]


def _freed_by(error: KubeError, item: Object, stale: list[Object], kube: Kube) -> bool:
    """Whether the port it wants is held by a Service of ours that goes away, or lets it go, first."""
    ports = _taken_ports(error)
    if not ports or item["kind"] != "Service":
        return False
    going = {(entry["metadata"].get("namespace"), entry["metadata"]["name"]) for entry in stale if entry["kind"] == "Service"}
    holders = {(entry["metadata"]["namespace"], entry["metadata"]["name"]) for port in ports for entry in _holders(kube, port)}
    return bool(holders) and holders <= going


def missing_rights(kube: Kube, objects: list[Object], prefix: str) -> list[str]:
    """All verbs that the kubeconfig's user lacks, in one sentence for each kind and namespace."""
    if _allowed(kube, "*", "*", "*", ""):
        return []
    lacking = []
    for kind, namespace in sorted({(item["kind"], item["metadata"].get("namespace", "")) for item in objects}):
        plural = KINDS[kind][1]
        denied = [verb for verb in _VERBS if not _allowed(kube, verb, group(kind), plural, namespace)]
        if denied:
            where = f"in namespace {namespace}" if namespace else "in the cluster"
            lacking.append(
                f"{prefix}_kubeconfig: its user may not {', '.join(denied)} {plural} {where}; grant it, or use another kubeconfig"
            )
    return lacking


def _allowed(kube: Kube, verb: str, api_group: str, plural: str, namespace: str) -> bool:
    attributes = {"verb": verb, "group": api_group, "resource": plural, "namespace": namespace}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    answer = kube.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    return bool((answer.get("status") or {}).get("allowed"))
