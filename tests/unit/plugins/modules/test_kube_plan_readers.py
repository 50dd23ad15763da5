# SPDX-License-Identifier: Apache-2.0
"""Who is told as outdated by the module kube_plan when a Secret gets another value: its readers, whose ever they are."""

from __future__ import annotations

import pytest
from test_kube_plan import OURS, READY, WEB, call, live, thing, workload


def pod_of(api, name, app, born):
    metadata = {"name": name, "namespace": "default", "labels": {"app": app}, "creationTimestamp": born}
    api.objects[f"/api/v1/namespaces/default/pods/{name}"] = {"metadata": metadata, "spec": {"containers": [{"name": app}]}}


def test_a_neighbour_that_reads_our_secret_is_outdated_too(capsys, api):
    """Such as the client in the cluster, which logs in to the database with the platform's Secret."""
    secret = thing("Secret", "token", data={"t": "eA=="})
    api.objects["/api/v1/namespaces/default/secrets/token"] = live({**secret, "data": {"t": "b2xk"}})
    api.objects[WEB] = live(workload(status=READY), generation=1)
    spec = {**workload()["spec"], "selector": {"matchLabels": {"app": "client"}}}
    for name, reads in (("client", spec), ("other", {**spec, "template": {"spec": {"containers": [{"name": "x"}]}}})):
        labels = {**OURS, "app.kubernetes.io/instance": "client"}
        api.objects[WEB.replace("web", name)] = live(thing("Deployment", name, spec=reads), labels=labels)
    pod_of(api, "client-1", "client", "2026-01-01T10:00:00Z")
    assert call(capsys, api, [secret, workload()])["outdated"] == ["Deployment default/client"]


def test_a_client_is_outdated_when_the_secret_of_the_platform_is_newer(capsys, api):
    fields = [{"manager": "neursafe.fl", "operation": "Apply", "time": "2026-01-01T12:00:00Z"}]
    api.objects["/api/v1/namespaces/default/secrets/token"] = live(thing("Secret", "token", data={"t": "eA=="}), managedFields=fields)
    api.objects[WEB] = live(workload(status=READY), generation=1)
    pod_of(api, "web-1", "web", "2026-01-01T11:00:00Z")
    result = call(capsys, api, [workload()])
    assert result["outdated"] == ["Deployment default/web"] and result["at_rest"] is False
    pod_of(api, "web-1", "web", "2026-01-01T13:00:00Z")
    assert call(capsys, api, [workload()], instance="")["outdated"] == []
    # Of what is in Secrets of others nothing is asked.
    assert [line for line in api.requests if "namespaces/default/secrets" in line and " as PartialObjectMetadataList" not in line] == []


@pytest.mark.parametrize("options", [{}, {"renewed_secrets": ["Secret default/token"]}])
def test_who_reads_a_token_that_is_made_anew_restarts_but_not_under_a_job(capsys, api, options):
    token = thing("Secret", "token", type="kubernetes.io/service-account-token")
    if options:
        api.objects["/api/v1/namespaces/default/secrets/token"] = live(token)
    api.objects[WEB] = live(workload(status=READY), generation=1)
    pod_of(api, "web-1", "web", "2026-01-01T10:00:00Z")
    result = call(capsys, api, [token, workload()], **options)
    assert result["outdated"] == ["Deployment default/web"] and result["problems"] == []
    pod_of(api, "job-1", "job", "2026-01-01T10:00:00Z")
    command = ["python", "-m", "neursafe_fl.python.coordinator.app"]
    api.objects["/api/v1/namespaces/default/pods/job-1"] |= {"spec": {"containers": [{"command": command}]}, "status": {"phase": "Running"}}
    (problem,) = call(capsys, api, [token, workload()], keep_while_jobs_run=["web"], **options)["problems"]
    assert "would restart while jobs run (job-1)" in problem
