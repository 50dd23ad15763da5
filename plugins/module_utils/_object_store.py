# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Buckets, one user and its policy: what is wanted, what differs. Pure; the requests are in _object_store_api."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.neursafe.fl.plugins.module_utils._storage_names import bucket_problem, key_problems

_POLICY_NAME = re.compile(r"^[A-Za-z0-9_.-]{1,128}\Z")

BUCKET_ACTIONS = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
OBJECT_ACTIONS = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")

# MinIO folds a wildcard-free policy into sets and may write lists as single strings, so all is compared as sets.
Statement = tuple[str, frozenset[str], frozenset[str], str]


def policy_document(buckets: t.Sequence[str], list_all: bool = False) -> dict[str, t.Any]:
    """Everything s3fs, nsfl-ctl and the model manager do, in these buckets and in no other."""
    names = sorted(set(buckets))
    statements: list[dict[str, t.Any]] = [
        {"Effect": "Allow", "Action": list(BUCKET_ACTIONS), "Resource": [f"arn:aws:s3:::{name}" for name in names]},
        {"Effect": "Allow", "Action": list(OBJECT_ACTIONS), "Resource": [f"arn:aws:s3:::{name}/*" for name in names]},
    ]
    if list_all:
        statements.append({"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": ["arn:aws:s3:::*"]})
    return {"Version": "2012-10-17", "Statement": statements}


def _strings(value: t.Any) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else [str(item) for item in value or []])


def _statements(document: t.Mapping[str, t.Any]) -> frozenset[Statement]:
    found = document.get("Statement") or []
    return frozenset(
        (
            str(item.get("Effect")),
            _strings(item.get("Action")),
            _strings(item.get("Resource")),
            json.dumps(
                {key: item[key] for key in sorted(item) if key not in ("Effect", "Action", "Resource", "Sid") and item[key]}, sort_keys=True
            ),
        )
        for item in ([found] if isinstance(found, dict) else found)
    )


def same_policy(one: t.Mapping[str, t.Any] | None, other: t.Mapping[str, t.Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return _statements(one) == _statements(other)


def degraded_parts(info: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The servers and drives that MinIO works without, in words; `info` is what its admin API says of itself."""
    found = []
    for server in info.get("servers") or []:
        if server.get("state") != "online":
            found.append(f"{server.get('endpoint')} is {server.get('state')}")
            continue
        for drive in server.get("drives") or []:
            state = "healing" if drive.get("healing") else drive.get("state")
            if state != "ok":
                found.append(f"drive {drive.get('endpoint') or drive.get('path')} is {state}")
    return tuple(found)


@dataclass(frozen=True)
class Wanted:
    """What is to be; without `user` only the buckets are looked after."""

    buckets: tuple[str, ...]
    user: str = ""
    policy_name: str = ""
    policy: t.Mapping[str, t.Any] | None = None
    absent: bool = False  # user and policy go, buckets and what is in them always stay


@dataclass(frozen=True)
class Observed:
    """What the store says. `key_works`: a request signed with the wanted secret was accepted."""

    buckets: frozenset[str] = frozenset()
    user_exists: bool = False
    user_enabled: bool = True
    user_policies: frozenset[str] = frozenset()
    key_works: bool = False
    degraded: tuple[str, ...] = ()
    policy: t.Mapping[str, t.Any] | None = None


class Step(t.NamedTuple):
    do: str
    name: str
    text: str


def plan(wanted: Wanted, observed: Observed) -> list[Step]:
    """The requests that lead from `observed` to `wanted`, in the order that never leaves a user with too many rights."""
    if wanted.absent:
        return _plan_absent(wanted, observed)
    steps = [Step("make_bucket", name, f"make bucket {name}") for name in wanted.buckets if name not in observed.buckets]
    if not wanted.user:
        return steps
    if not same_policy(observed.policy, wanted.policy):
        steps.append(Step("put_policy", wanted.policy_name, _policy_text(wanted, observed)))
    if not observed.user_exists:
        steps.append(Step("put_user", wanted.user, f"make user {wanted.user}"))
    elif not observed.user_enabled:
        steps.append(Step("put_user", wanted.user, f"enable user {wanted.user} and set its secret key"))
    elif not observed.key_works:
        steps.append(Step("put_user", wanted.user, f"set the secret key of user {wanted.user}"))
    if wanted.policy_name not in observed.user_policies:
        steps.append(Step("attach_policy", wanted.policy_name, f"attach policy {wanted.policy_name} to user {wanted.user}"))
    return steps


def _policy_text(wanted: Wanted, observed: Observed) -> str:
    if observed.policy is None:
        return f"write policy {wanted.policy_name}"
    have, want = _rules(observed.policy), _rules(wanted.policy or {})
    parts = [f"{word} {'; '.join(rules)}" for word, rules in (("without", sorted(have - want)), ("with", sorted(want - have))) if rules]
    return f"rewrite policy {wanted.policy_name} ({', '.join(parts) or 'another condition'})"


def _rules(document: t.Mapping[str, t.Any]) -> set[str]:
    """Each action of a policy with where it is allowed or denied."""
    return {
        f"{effect} {action} on {place.removeprefix('arn:aws:s3:::')}"
        for effect, actions, places, _more in _statements(document)
        for action in actions
        for place in places
    }


def _plan_absent(wanted: Wanted, observed: Observed) -> list[Step]:
    steps = []
    if wanted.user and observed.user_exists:
        steps.append(Step("remove_user", wanted.user, f"remove user {wanted.user}"))
    if wanted.policy_name and observed.policy is not None:
        steps.append(Step("remove_policy", wanted.policy_name, f"remove policy {wanted.policy_name}"))
    return steps


def check(wanted: Wanted, secret_key: str) -> list[str]:
    """Every problem in the wishes themselves, before any request."""
    problems = [f"buckets: {problem}" for name in wanted.buckets if (problem := bucket_problem(name))]
    if wanted.user:
        problems += [f"user.{problem}" for problem in key_problems(wanted.user, secret_key)] if not wanted.absent else []
        if not _POLICY_NAME.match(wanted.policy_name):
            problems.append(f"user.policy: '{wanted.policy_name}' is not a policy name; use letters, digits, dot, hyphen and underscore")
    return problems


def state_text(observed: Observed, wanted: Wanted) -> str:
    """The state as YAML-like lines for a diff; it holds no secret."""
    lines = ["buckets:"] + [f"  - {name}" for name in sorted(observed.buckets & set(wanted.buckets))]
    if wanted.user:
        enabled = "present" if observed.user_enabled else "disabled"
        lines.append(f"user {wanted.user}: {enabled if observed.user_exists else 'absent'}")
        if observed.user_exists:
            lines.append(f"secret key of {wanted.user}: {'as wanted' if observed.key_works else 'another'}")
            lines.append(f"policies of {wanted.user}: {', '.join(sorted(observed.user_policies)) or 'none'}")
        rules = [] if observed.policy is None else sorted(_statements(observed.policy), key=lambda rule: sorted(rule[1]))
        lines.append(f"policy {wanted.policy_name}:" + ("" if rules else " absent"))
        lines += [
            f"  - {effect} {action} on {', '.join(sorted(places))}"
            for effect, actions, places, _more in rules
            for action in sorted(actions)
        ]
    return "\n".join(lines) + "\n"


def after(wanted: Wanted, observed: Observed) -> Observed:
    """The state that the plan leads to."""
    if wanted.absent:
        return Observed(buckets=observed.buckets)
    if not wanted.user:
        return Observed(buckets=observed.buckets | set(wanted.buckets))
    return Observed(
        buckets=observed.buckets | set(wanted.buckets),
        user_exists=True,
        user_policies=observed.user_policies | {wanted.policy_name},
        key_works=True,
        policy=wanted.policy,
    )
