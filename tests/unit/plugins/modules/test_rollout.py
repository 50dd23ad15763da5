# SPDX-License-Identifier: Apache-2.0
"""The module rollout against a stand-in for the API."""

from __future__ import annotations

import pytest
from ansible_collections.neursafe.fl.plugins.modules import rollout
from module_call import answer_of

LABELS = {"app.kubernetes.io/instance": "i", "app": "web"}
READY = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
PATH = "/apis/apps/v1/namespaces/default/deployments/web"


def deployment(status):
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}}
    return {"metadata": {"name": "web", "namespace": "default", "generation": 2, "labels": LABELS}, "spec": spec, "status": status}


def call(capsys, api, **options):
    arguments = {"kubeconfig": str(api.kubeconfig), "instance": "i", "timeout": 0, "poll": 0.05, **options}
    return answer_of(rollout, capsys, arguments)


def test_returns_at_once_when_all_is_ready(capsys, api):
    api.objects[PATH] = deployment(READY)
    result = call(capsys, api, timeout=60)
    assert result["ready"] == ["Deployment default/web"] and result["waited"] < 1 and result["changed"] is False


def test_an_older_generation_does_not_count(capsys, api):
    api.objects[PATH] = deployment({**READY, "observedGeneration": 1})
    assert call(capsys, api)["waiting"] == ["Deployment default/web"]


def test_a_job_that_has_failed_is_not_waited_for(capsys, api):
    failed = {"conditions": [{"type": "Failed", "status": "True", "message": "Job has reached the specified backoff limit"}]}
    api.objects["/apis/batch/v1/namespaces/default/jobs/model"] = {
        "metadata": {"name": "model", "namespace": "default", "labels": LABELS},
        "spec": {"selector": {"matchLabels": {"app": "model"}}},
        "status": failed,
    }
    result = call(capsys, api, timeout=60)
    assert result["failed"] and result["waited"] < 1 and "backoff limit" in result["msg"]


def test_a_workload_that_is_not_there_is_not_ready(capsys, api):
    named = [{"kind": "Deployment", "metadata": {"name": "web", "namespace": "default"}}]
    result = call(capsys, api, workloads=named)
    assert result["failed"] and "Deployment default/web: is not there" in result["msg"]


def test_others_are_waited_for_unless_only_the_named_ones_are_meant(capsys, api):
    api.objects[PATH] = deployment(READY)
    other = deployment({})
    api.objects[f"{PATH}-2"] = {**other, "metadata": {**other["metadata"], "name": "web-2"}}
    named = [{"kind": "Deployment", "metadata": {"name": "web", "namespace": "default"}}]
    assert call(capsys, api, workloads=named)["waiting"] == ["Deployment default/web-2"]
    assert call(capsys, api, workloads=named, only=True)["waiting"] == []


def test_check_mode_looks_once_and_never_fails(capsys, api):
    api.objects[PATH] = deployment({})
    result = call(capsys, api, timeout=60, _ansible_check_mode=True)
    assert result["waiting"] and not result.get("failed")


POD = "/api/v1/namespaces/default/pods/web-1"


def crashing_pod(reason="CrashLoopBackOff"):
    waiting = {"waiting": {"reason": reason, "message": "back-off"}}
    container = {"name": "web", "ready": False, "restartCount": 3, "state": waiting, "lastState": {"terminated": {"exitCode": 1}}}
    return {
        "metadata": {"name": "web-1", "namespace": "default", "labels": LABELS},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running", "containerStatuses": [container]},
    }


@pytest.mark.parametrize(("reason", "retried"), [("CrashLoopBackOff", True), ("ImagePullBackOff", True), ("ContainerCreating", False)])
def test_a_pod_that_backs_off_is_made_anew_at_once(capsys, api, reason, retried):
    api.objects[PATH] = deployment({})
    api.objects[POD] = crashing_pod(reason)
    result = call(capsys, api, retry_now=True)
    assert (POD not in api.objects) is retried
    assert result["changed"] is retried and result["retried"] == (["default/web-1"] if retried else [])


def test_check_mode_only_says_which_pods_it_would_delete(capsys, api):
    api.objects[PATH] = deployment({})
    api.objects[POD] = crashing_pod()
    result = call(capsys, api, retry_now=True, _ansible_check_mode=True)
    assert POD in api.objects and result["retried"] == ["default/web-1"] and result["changed"] is True


def test_pods_of_ready_workloads_are_left_alone(capsys, api):
    api.objects[PATH] = deployment(READY)
    api.objects[POD] = crashing_pod()
    assert call(capsys, api, retry_now=True)["changed"] is False
    assert POD in api.objects


def test_on_time_out_it_says_why(capsys, api):
    api.objects[PATH] = deployment({})
    api.objects[POD] = crashing_pod()
    api.objects["/api/v1/namespaces/default/events/e"] = {
        "metadata": {"name": "e"},
        "type": "Warning",
        "reason": "BackOff",
        "message": "restarting failed container",
        "involvedObject": {"name": "web-1"},
    }
    api.logs["/api/v1/namespaces/default/pods/web-1/log"] = "DataBaseError: connection to db.example:5432 failed\n"
    result = call(capsys, api)
    for words in (
        "pod web-1 on node-1",
        "CrashLoopBackOff",
        "BackOff: restarting",
        "DataBaseError",
        "db.example:5432",
        "the database refuses",
    ):
        assert words in result["msg"]
    assert "kubectl -n default logs --previous web-1" in result["msg"]
    assert any("previous=true" in request for request in api.requests)


def test_nobody_answers(capsys, api):
    api.stop()
    assert "no answer from" in call(capsys, api)["msg"]


def test_the_pods_of_workloads_to_renew_are_deleted_ready_or_not(capsys, api):
    api.objects[PATH] = deployment(READY)
    api.objects[POD] = {"metadata": {"name": "web-1", "namespace": "default", "labels": {"app": "web"}}, "status": {}}
    result = call(capsys, api, renew=["Deployment default/web"], _ansible_check_mode=True)
    assert result["changed"] is True and POD in api.objects
    result = call(capsys, api, renew=["Deployment default/web"])
    assert result["retried"] == ["default/web-1"] and POD not in api.objects


def test_a_workload_of_another_instance_is_renewed_and_not_waited_for(capsys, api):
    other = {**deployment({}), "metadata": {"name": "client", "namespace": "default", "labels": {"app": "client"}}}
    other["spec"] = {"replicas": 1, "selector": {"matchLabels": {"app": "client"}}}
    api.objects[PATH] = deployment(READY)
    api.objects[PATH.replace("web", "client")] = other
    metadata = {"name": "client-1", "namespace": "default", "labels": {"app": "client"}}
    api.objects["/api/v1/namespaces/default/pods/client-1"] = {"metadata": metadata, "spec": {}, "status": {}}
    result = call(capsys, api, renew=["Deployment default/client", "Deployment default/gone"])
    assert result["retried"] == ["default/client-1"] and result["ready"] == ["Deployment default/web"]
    assert "DELETE /api/v1/namespaces/default/pods/client-1" in api.requests
