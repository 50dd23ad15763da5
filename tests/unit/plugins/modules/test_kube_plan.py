# SPDX-License-Identifier: Apache-2.0
"""The module kube_plan against a stand-in for the API."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _running_jobs
from ansible_collections.neursafe.fl.plugins.module_utils._differences import told_changes
from ansible_collections.neursafe.fl.plugins.module_utils._release import record
from ansible_collections.neursafe.fl.plugins.modules import kube_plan
from module_call import answer_of

OURS = {"app.kubernetes.io/managed-by": "neursafe.fl", "app.kubernetes.io/instance": "i"}
FIELDS = [{"manager": "neursafe.fl", "operation": "Apply"}]
SERVICE = "/api/v1/namespaces/default/services/web"


def thing(kind="Service", name="web", namespace="default", **more) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace, "labels": OURS}, **more}


def call(capsys, api, objects, **options):
    arguments = {
        "kubeconfig": str(api.kubeconfig),
        "objects": objects,
        "instance": "i",
        "prefix": "nsfl_x",
        "_ansible_diff": True,
        **options,
    }
    return answer_of(kube_plan, capsys, arguments)


def live(item, **metadata):
    return {**item, "metadata": {**item["metadata"], "managedFields": FIELDS, "resourceVersion": "6", **metadata}}


def test_a_missing_object_is_created_and_an_equal_one_left_alone(capsys, api):
    api.objects[SERVICE] = live(thing())
    result = call(capsys, api, [thing(), thing(name="new")])
    assert [(entry["index"], entry["action"]) for entry in result["apply"]] == [(1, "create")]
    assert result["changed"] is False and result["problems"] == []
    assert not [line for line in result["differences"] if "default/web" in line]


def test_a_different_object_is_updated_and_the_difference_shown(capsys, api):
    api.objects[SERVICE] = live(thing(spec={"ports": [{"port": 1}]}))
    result = call(capsys, api, [thing(spec={"ports": [{"port": 2}]})])
    assert result["apply"][0]["action"] == "update"
    assert any(line.startswith("-") and "port: 1" in line for line in result["differences"])


def test_an_equal_object_of_another_manager_is_adopted(capsys, api):
    api.objects[SERVICE] = {
        **thing(),
        "metadata": {**thing()["metadata"], "managedFields": [{"manager": "kubectl", "operation": "Update"}]},
    }
    assert call(capsys, api, [thing()])["apply"][0]["action"] == "adopt"


def test_the_values_of_secrets_are_never_shown(capsys, api):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pg", "namespace": "default"}, "data": {"password": "Y2FuYXJ5"}}
    result = call(capsys, api, [secret])
    result.pop("invocation", None)  # hidden by no_log of the task
    assert result["apply"][0]["action"] == "create" and "Y2FuYXJ5" not in json.dumps(result)


def test_what_is_no_longer_rendered_is_stale_but_not_what_it_owns(capsys, api):
    api.objects["/api/v1/namespaces/other/services/old"] = live(thing(name="old", namespace="other"))
    api.objects["/api/v1/namespaces/default/services/child"] = live(thing(name="child"), ownerReferences=[{"name": "x"}])
    result = call(capsys, api, [])
    assert result["stale"] == [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "old", "namespace": "other"}}]
    assert "- Service other/old (removed)" in result["differences"]


def test_a_conflict_names_manager_and_field(capsys, api):
    causes = [{"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-edit" using v1', "field": ".spec.type"}]
    api.refusals[SERVICE] = (409, {"message": "conflict", "details": {"causes": causes}})
    (problem,) = call(capsys, api, [thing()])["problems"]
    assert ".spec.type (by kubectl-edit)" in problem and "nsfl_x_force_conflicts" in problem


def test_a_conflict_that_is_overwritten_says_whose_change_that_is(capsys, api):
    causes = [{"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-edit" using v1', "field": ".spec.type"}]
    api.objects[SERVICE] = live(thing(spec={"type": "NodePort"}))
    api.refusals[SERVICE] = (409, {"message": "conflict", "details": {"causes": causes}})
    result = call(capsys, api, [thing(spec={"type": "ClusterIP"})], force_conflicts=True)
    assert result["problems"] == []
    (change,) = told_changes(result["differences"])
    assert (change["object"], change["action"]) == ("Service default/web", "update")
    assert change["note"] == "changed by somebody else: .spec.type (by kubectl-edit)"
    assert [line.split() for line in change["lines"]] == [["-", "type:", "NodePort"], ["+", "type:", "ClusterIP"]]


def test_what_somebody_owns_together_with_us_is_ours_to_change(capsys, api):
    """As after an adoption: whoever had changed it would own it alone."""
    causes = [
        {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-create" using v1', "field": field}
        for field in ('.spec.ports[port=80,protocol="TCP"].nodePort', ".spec.type")
    ]
    owned: dict[str, Any] = {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:nodePort": {}}}, "f:type": {}}}
    ours = {"manager": "neursafe.fl", "operation": "Apply", "fieldsV1": owned}
    theirs = {"manager": "kubectl-create", "operation": "Update", "fieldsV1": owned}
    api.objects[SERVICE] = live(thing(spec={"type": "NodePort"}), managedFields=[theirs, ours])
    api.refusals[SERVICE] = (409, {"message": "conflict", "details": {"causes": causes}})
    result = call(capsys, api, [thing(spec={"type": "ClusterIP"})])
    assert (result["problems"], result["force"]) == ([], True)
    (change,) = told_changes(result["differences"])
    assert (change["action"], change["note"]) == ("update", "")
    # One of them is changed afterwards.
    del owned["f:spec"]["f:type"]
    ours["fieldsV1"] = {"f:spec": {"f:ports": owned["f:spec"]["f:ports"]}}
    (problem,) = call(capsys, api, [thing(spec={"type": "ClusterIP"})])["problems"]
    assert "changed by somebody else: .spec.type (by kubectl-create); " in problem


def test_what_is_told_of_each_object_is_understood_again(capsys, api):
    api.objects[SERVICE] = {**thing(), "metadata": {**thing()["metadata"], "managedFields": []}}
    api.objects["/api/v1/namespaces/default/services/old"] = live(thing(name="old"))
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "wide"}, "rules": []}
    told = told_changes(call(capsys, api, [thing(), thing(name="new", spec={"ports": []}), role])["differences"])
    assert [(one["action"], one["object"]) for one in told] == [
        ("adopt", "Service default/web"),
        ("create", "Service default/new"),
        ("create", "ClusterRole wide"),
        ("remove", "Service default/old"),
    ]


def test_a_namespace_that_comes_with_the_objects_need_not_exist(capsys, api):
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fl"}}
    result = call(capsys, api, [namespace, thing(namespace="fl")])
    assert [entry["unchecked"] for entry in result["apply"]] == [False, True] and result["problems"] == []


def test_a_namespace_that_nobody_creates_is_a_problem(capsys, api):
    assert "namespace fl: does not exist" in call(capsys, api, [thing(namespace="fl")])["problems"][0]


def test_a_namespace_on_its_way_out_is_a_problem(capsys, api):
    conditions = [{"type": "NamespaceFinalizersRemaining", "status": "True", "message": "finalizers remain"}]
    api.objects["/api/v1/namespaces/fl"] = {"metadata": {"name": "fl", "deletionTimestamp": "now"}, "status": {"conditions": conditions}}
    assert "finalizers remain" in call(capsys, api, [thing(namespace="fl")])["problems"][0]


def test_all_missing_rights_are_listed_together(capsys, api):
    api.denied = {"services", "secrets"}
    result = call(capsys, api, [thing(), thing(kind="Secret", name="s")], rights=True)
    assert len(result["problems"]) == 2 and all("nsfl_x_kubeconfig" in problem for problem in result["problems"])


def test_an_object_of_others_that_is_needed(capsys, api):
    needed = [{"kind": "IngressClass", "metadata": {"name": "nginx"}}]
    assert call(capsys, api, [], needed=needed)["problems"] == ["IngressClass nginx: does not exist; create it, or name another one"]
    (problem,) = call(capsys, api, [], needed=[{**needed[0], "setting": "nsfl_class"}])["problems"]
    assert problem == "nsfl_class: there is no IngressClass nginx; create it, or name another one"


def test_nobody_answers(capsys, api):
    api.stop()
    (problem,) = call(capsys, api, [thing()])["problems"]
    assert problem.startswith("nsfl_x_kubeconfig: no answer from http://127.0.0.1")


def test_a_context_that_is_not_there(capsys, api):
    (problem,) = call(capsys, api, [thing()], context="nope")["problems"]
    assert problem.startswith("nsfl_x_kube_context: ") and problem.endswith("; name another")


def test_an_unknown_kind_is_refused(capsys, api):
    assert "no such kind: Deplyoment" in call(capsys, api, [thing(kind="Deplyoment")])["msg"]


def test_the_address_of_the_dns_is_found(capsys, api):
    api.objects["/api/v1/namespaces/kube-system/services/kube-dns"] = {
        "metadata": {"name": "kube-dns"},
        "spec": {"clusterIP": "10.96.0.10"},
    }
    assert call(capsys, api, [])["cluster_dns"] == "10.96.0.10"


def job_at_work(api):
    """The Deployment of a proxy, as it is and as it is to be, and the pod of a job that runs meanwhile."""
    deployment = thing(kind="Deployment", name="proxy", spec={"template": {"spec": {"a": 1}}})
    api.objects["/apis/apps/v1/namespaces/default/deployments/proxy"] = live(deployment)
    pod: dict[str, Any] = {
        "metadata": {"name": "default-job-1", "namespace": "default"},
        "spec": {"containers": [{"command": ["python3.7", "-m", "neursafe_fl.python.coordinator.app"]}]},
        "status": {"phase": "Running"},
    }
    api.objects["/api/v1/namespaces/default/pods/default-job-1"] = pod
    return deployment, {**deployment, "spec": {"template": {"spec": {"a": 2}}}}, pod


def test_p7_no_restart_under_a_running_job(capsys, api):
    deployment, new, pod = job_at_work(api)
    (problem,) = call(capsys, api, [new], keep_while_jobs_run=["proxy"])["problems"]
    assert "would restart while jobs run (default-job-1)" in problem and "nsfl_x_restart_under_jobs" in problem
    assert call(capsys, api, [new])["problems"] == [] and call(capsys, api, [deployment], keep_while_jobs_run=["proxy"])["problems"] == []
    pod["status"]["phase"] = "Succeeded"
    assert call(capsys, api, [new], keep_while_jobs_run=["proxy"])["problems"] == []


def test_running_jobs_are_waited_for_as_long_as_is_said(capsys, api, monkeypatch):
    _deployment, new, pod = job_at_work(api)
    monkeypatch.setattr(_running_jobs, "_POLL", 0.3)
    assert "default-job-1" in call(capsys, api, [new], keep_while_jobs_run=["proxy"], wait_for_jobs=1)["problems"][0]
    threading.Timer(0.2, pod["status"].update, [{"phase": "Succeeded"}]).start()
    assert call(capsys, api, [new], keep_while_jobs_run=["proxy"], wait_for_jobs=30)["problems"] == []


def released(version, *objects):
    return record("i", "default", 1, {"version": version, "objects": list(objects), "files": []}, "")


@pytest.mark.parametrize(
    ("version", "recorded_objects", "recorded", "refused"),
    [
        ("0.2.0", [thing()], True, False),
        ("0.2.0", [thing(spec={"a": 1})], False, False),  # a run that died before it recorded what it had applied
        ("0.1.0", [thing()], False, False),
        ("0.3.0", [thing()], False, True),
    ],
)
def test_the_recorded_release_decides_whether_this_version_may_go_on_and_what_is_at_rest(
    capsys, api, version, recorded_objects, recorded, refused
):
    api.objects[SERVICE] = live(thing())
    assert call(capsys, api, [thing()])["at_rest"]
    collection = {"version": "0.2.0", "known": ["0.1.0", "0.2.0"]}
    assert not call(capsys, api, [thing()], collection=collection)["at_rest"]
    api.objects["/api/v1/namespaces/default/secrets/i.v1"] = released(version, *recorded_objects)
    result = call(capsys, api, [thing()], collection=collection)
    assert (result["recorded"], result["at_rest"], bool(result["problems"])) == (recorded, recorded, refused)


READY = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
WEB = "/apis/apps/v1/namespaces/default/deployments/web"


def workload(**more):
    env = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "t"}}}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "env": env}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {**thing("Deployment", spec=spec), "apiVersion": "apps/v1", **more}


def test_workloads_are_told_as_ready_or_not(capsys, api):
    api.objects[WEB] = live(workload(status=READY), generation=1)
    result = call(capsys, api, [workload(), {**workload(), **thing("Deployment", "new", spec=workload()["spec"]), "apiVersion": "apps/v1"}])
    assert (result["ready"], result["waiting"]) == (["Deployment default/web"], ["Deployment default/new"])


@pytest.mark.parametrize(
    ("value", "written", "born", "expected"),
    [
        ("eA==", "2026-01-01T10:00:00Z", "2026-01-01T10:00:05Z", []),
        ("eA==", "2026-01-01T12:00:00Z", "2026-01-01T11:00:00Z", ["Deployment default/web"]),  # written back after the pod's start
        ("YnkgaGFuZA==", "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", ["Deployment default/web"]),  # about to be written back
    ],
)
def test_a_pod_that_read_a_secret_before_its_last_change_is_outdated(capsys, api, value, written, born, expected):
    secret = thing("Secret", "token", data={"t": "eA=="})
    fields = [{"manager": "neursafe.fl", "operation": "Apply", "time": written}]
    api.objects["/api/v1/namespaces/default/secrets/token"] = live({**secret, "data": {"t": value}}, managedFields=fields)
    api.objects[WEB] = live(workload(status=READY), generation=1)
    pod = {"name": "web-1", "namespace": "default", "labels": {"app": "web"}, "creationTimestamp": born}
    api.objects["/api/v1/namespaces/default/pods/web-1"] = {"metadata": pod, "spec": {"containers": [{"name": "web"}]}}
    result = call(capsys, api, [secret, workload()])
    assert result["outdated"] == expected and result["problems"] == []


def test_what_does_not_answer_is_not_at_rest(capsys, api):
    api.objects[SERVICE] = live(thing())
    checks = [{"name": "api", "url": f"http://127.0.0.1:{api.server.server_port}{SERVICE}"}, {"name": "nobody", "url": "tcp://127.0.0.1:1"}]
    result = call(capsys, api, [thing()], checks=checks[:1])
    assert result["at_rest"] is True and result["silent"] == []
    result = call(capsys, api, [thing()], checks=checks)
    assert result["at_rest"] is False and [line.split(":")[0] for line in result["silent"]] == ["nobody (tcp"]


def test_with_anything_left_to_do_nothing_is_asked(capsys, api):
    result = call(capsys, api, [thing()], checks=[{"name": "nobody", "url": "tcp://127.0.0.1:1"}])
    assert result["at_rest"] is False and result["silent"] == []
