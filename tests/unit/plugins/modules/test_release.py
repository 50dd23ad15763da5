# SPDX-License-Identifier: Apache-2.0
"""The module release against a stand-in for the API."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.modules import release
from module_call import answer_of

PLACE = {"instance": "i", "namespace": "default"}
SECRETS = "/api/v1/namespaces/default/secrets"


def call(capsys, api, **options):
    return answer_of(release, capsys, {"kubeconfig": str(api.kubeconfig), **PLACE, **options})


def recorded(capsys, api, text, **options):
    return call(capsys, api, state="recorded", version="0.1.0", files=[{"path": "/x", "content": text}], note="a test", **options)


def test_releases_are_numbered_and_found_by_number_or_the_latest(capsys, api):
    assert [recorded(capsys, api, text)["number"] for text in ("one", "two")] == [1, 2]
    assert call(capsys, api, number=1)["release"]["files"][0]["content"] == "one"
    latest = call(capsys, api)
    assert (latest["number"], latest["release"]["files"][0]["content"], latest["changed"]) == (2, "two", False)
    assert [line.split(" of ")[0] for line in latest["releases"]] == ["1", "2"]


def test_recording_the_same_again_changes_nothing(capsys, api):
    assert recorded(capsys, api, "one")["changed"]
    again = recorded(capsys, api, "one")
    assert (again["changed"], again["number"], list(api.objects)[1:]) == (False, 1, [f"{SECRETS}/i.v1"])


def test_check_mode_predicts_and_writes_nothing(capsys, api):
    assert recorded(capsys, api, "one", _ansible_check_mode=True)["changed"]
    assert call(capsys, api) == {**call(capsys, api), "number": 0, "release": {}, "releases": []}


def test_the_oldest_are_forgotten_beyond_the_bound(capsys, api):
    for text in "abcd":
        recorded(capsys, api, text, keep=2)
    assert [path for path in api.objects if path.startswith(SECRETS)] == [f"{SECRETS}/i.v3", f"{SECRETS}/i.v4"]


def test_an_unknown_number_is_answered_with_those_that_there_are(capsys, api):
    recorded(capsys, api, "one")
    answer = call(capsys, api, number=7)
    assert (answer["number"], answer["release"], len(answer["releases"])) == (0, {}, 1)


def test_absent_forgets_those_of_this_instance(capsys, api):
    recorded(capsys, api, "one")
    recorded(capsys, api, "one", instance="j")
    assert call(capsys, api, state="absent")["changed"] and not call(capsys, api, state="absent")["changed"]
    assert [path for path in api.objects if path.startswith(SECRETS)] == [f"{SECRETS}/j.v1"]


def test_no_content_is_asked_for_when_releases_are_listed(capsys, api):
    recorded(capsys, api, "one")
    api.requests.clear()
    call(capsys, api, number=7)
    assert [request.split(" as ")[-1] for request in api.requests if "labelSelector" in request] == ["PartialObjectMetadataList"]
