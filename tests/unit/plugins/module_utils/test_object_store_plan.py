# SPDX-License-Identifier: Apache-2.0
"""The plan of the object store: what differs is done, in an order that never gives too many rights; the rest is left."""

from __future__ import annotations

import dataclasses
import json

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _object_store as store

POLICY = store.policy_document(["models", "default"])
WANTED = store.Wanted(buckets=("default", "models"), user="nsfl", policy_name="nsfl", policy=POLICY)
REACHED = store.Observed(
    buckets=frozenset({"default", "models", "somebody-elses"}),
    user_exists=True,
    user_policies=frozenset({"nsfl"}),
    key_works=True,
    policy=POLICY,
)


def todo(wanted=WANTED, **observed):
    return [(step.do, step.name) for step in store.plan(wanted, dataclasses.replace(REACHED, **observed))]


def test_nothing_to_do():
    assert todo() == []


def test_an_empty_store():
    steps = [(step.do, step.name) for step in store.plan(WANTED, store.Observed())]
    assert steps == [
        ("make_bucket", "default"),
        ("make_bucket", "models"),
        ("put_policy", "nsfl"),
        ("put_user", "nsfl"),
        ("attach_policy", "nsfl"),
    ]


@pytest.mark.parametrize(
    ("difference", "step"),
    [
        ({"buckets": frozenset({"default"})}, ("make_bucket", "models")),
        ({"policy": store.policy_document(["default"])}, ("put_policy", "nsfl")),
        ({"policy": None}, ("put_policy", "nsfl")),
        ({"key_works": False}, ("put_user", "nsfl")),
        ({"user_enabled": False}, ("put_user", "nsfl")),
        ({"user_policies": frozenset({"readwrite"})}, ("attach_policy", "nsfl")),
    ],
)
def test_one_difference_is_one_step(difference, step):
    assert todo(**difference) == [step]


def test_a_policy_that_differs_is_told_by_its_rules():
    wider = {**POLICY, "Statement": [*POLICY["Statement"], {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}]}
    (step,) = store.plan(WANTED, dataclasses.replace(REACHED, policy=wider))
    assert step.text == "rewrite policy nsfl (without Allow s3:* on *)"
    (step,) = store.plan(WANTED, dataclasses.replace(REACHED, policy={"Statement": POLICY["Statement"][:1]}))
    assert step.text.startswith("rewrite policy nsfl (with Allow s3:AbortMultipartUpload on default/*; Allow ")


def test_without_a_user_only_buckets_count():
    assert todo(store.Wanted(buckets=("default",)), user_exists=False, policy=None) == []


def test_absent_keeps_buckets():
    gone = dataclasses.replace(WANTED, absent=True)
    assert todo(gone) == [("remove_user", "nsfl"), ("remove_policy", "nsfl")]
    assert store.plan(gone, store.after(gone, REACHED)) == []
    assert store.after(gone, REACHED).buckets == REACHED.buckets


def test_the_plan_leads_to_the_wanted_state():
    for observed in (store.Observed(), REACHED, dataclasses.replace(REACHED, key_works=False, policy=None)):
        assert store.plan(WANTED, store.after(WANTED, observed)) == []


def test_policies_are_compared_by_meaning():
    shuffled = {"Version": "2012-10-17", "Statement": list(reversed(POLICY["Statement"]))}
    single = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}}
    listed = {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*"]}]}
    assert store.same_policy(POLICY, shuffled) and store.same_policy(single, listed)
    limited = {"Statement": [{**listed["Statement"][0], "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]}
    assert not store.same_policy(listed, limited) and not store.same_policy(POLICY, None)


def test_the_policy_covers_the_buckets_and_nothing_else():
    text = json.dumps(POLICY)
    assert "arn:aws:s3:::default" in text and "arn:aws:s3:::*" not in text and "s3:*" not in text
    assert "s3:ListAllMyBuckets" not in text and "s3:ListAllMyBuckets" in json.dumps(store.policy_document(["a"], list_all=True))


def test_wishes_are_checked():
    assert store.check(WANTED, "long-enough") == []
    bad = store.Wanted(buckets=("a_b",), user="x", policy_name="a b", policy=POLICY)
    assert len(store.check(bad, "short")) == 4
    assert store.check(dataclasses.replace(WANTED, absent=True), "") == []


def test_the_diff_shows_rules_and_no_secret():
    text = store.state_text(REACHED, WANTED)
    assert "s3:GetObject on arn:aws:s3:::default/*" in text and "somebody-elses" not in text
    assert store.state_text(store.Observed(), WANTED).count("absent") == 2


def test_what_minio_works_without_is_named():
    whole = {"state": "online", "endpoint": "10.0.0.1:9000", "drives": [{"endpoint": "/data", "state": "ok"}]}
    lost = {"state": "offline", "endpoint": "10.0.0.2:9000"}
    ill = {
        **whole,
        "drives": [{"endpoint": "http://10.0.0.3:9000/data", "state": "unformatted"}, {"path": "/b", "state": "ok", "healing": True}],
    }
    assert store.degraded_parts({"servers": [whole]}) == store.degraded_parts({}) == ()
    assert store.degraded_parts({"servers": [whole, lost, ill]}) == (
        "10.0.0.2:9000 is offline",
        "drive http://10.0.0.3:9000/data is unformatted",
        "drive /b is healing",
    )
