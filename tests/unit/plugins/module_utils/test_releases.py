# SPDX-License-Identifier: Apache-2.0
"""Releases: what is recorded, what comes back of it, and from which versions a platform is taken on."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._release import brought_back, content_of, digest, is_same, record, summaries
from ansible_collections.neursafe.fl.plugins.module_utils._release_path import refusal

KNOWN = ("0.1.0", "0.1.1", "0.2.0", "0.3.0", "0.3.1", "1.0.0")


def thing(kind: str, name: str, instance: str = "i", **more: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/instance": instance}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "n", "labels": labels}, **more}


def deployment(image: str) -> dict[str, Any]:
    return thing("Deployment", "web", spec={"template": {"spec": {"containers": [{"image": image}]}}})


def release(*objects: dict[str, Any]) -> dict[str, Any]:
    return {"version": "0.1.0", "objects": list(objects), "files": [{"path": "/etc/x", "content": "x"}]}


@pytest.mark.parametrize("recorded", ["0.3.1", "0.3.0", "0.2.0"])
def test_a_patch_and_the_next_minor_version_are_taken_on(recorded: str) -> None:
    assert refusal(recorded, "0.3.1", KNOWN) == ""


@pytest.mark.parametrize(
    ("recorded", "own", "says"),
    [
        ("0.1.0", "0.3.1", "skips versions; install 0.2.0, then 0.3.1, and run playbooks/upgrade.yml with each"),
        ("0.1.1", "1.0.0", "install 0.2.0, then 0.3.1, then 1.0.0,"),
        ("0.3.1", "0.3.0", "is 0.3.0, which is older; use 0.3.1 or newer"),
        ("0.10.0", "0.9.0", "which is older"),
        ("1.0.0", "1.0.0-rc1", "which is older"),
        ("0.1.7", "0.2.0", "does not know that one; it takes on 0.1.0, 0.1.1, 0.2.0"),
        ("by hand", "0.2.0", "does not know that one"),
    ],
)
def test_all_else_is_refused_with_the_supported_path(recorded: str, own: str, says: str) -> None:
    known = [version for version in KNOWN if version <= "0.2.0"] if own == "0.2.0" else KNOWN
    assert says in refusal(recorded, own, known)


def test_a_version_whose_changelog_is_not_written_yet_takes_on_its_own() -> None:
    assert refusal("0.1.0", "0.1.0", ()) == ""


def test_a_record_gives_back_what_was_put_in_and_shows_no_secret_outside() -> None:
    content = release(deployment("r/web:1"), thing("Secret", "pg", data={"password": "Y2FuYXJ5"}))
    secret = record("i", "n", 3, content, "upgrade.yml")
    assert content_of(secret) == content
    assert "Y2FuYXJ5" not in str({**secret, "data": None})
    (summary,) = summaries([secret])
    assert (summary.number, summary.version, summary.note, summary.images) == (3, "0.1.0", "upgrade.yml", {"web": "r/web:1"})
    assert "neursafe.fl 0.1.0, by upgrade.yml: web r/web:1" in summary.line()


def test_the_latest_release_is_the_highest_number_not_the_last_of_the_alphabet() -> None:
    assert [item.number for item in summaries([record("i", "n", number, release(), "") for number in (10, 9, 2)])] == [2, 9, 10]


def test_a_changed_image_or_file_is_a_new_release_and_a_changed_password_is_none() -> None:
    secret = thing("Secret", "pg", data={"password": "b2xk"})
    stored = record("i", "n", 1, release(deployment("r/web:1"), secret), "")
    renewed = {**secret, "data": {"password": "bmV3"}}
    assert is_same(stored, release(deployment("r/web:1"), renewed))
    assert not is_same(stored, release(deployment("r/web:2"), secret))
    assert not is_same(stored, {**release(deployment("r/web:1"), secret), "files": []})
    assert not is_same(stored, {**release(deployment("r/web:1"), secret), "version": "0.2.0"})
    assert digest([secret], "i") == digest([renewed], "i") != digest([thing("Secret", "pg", data={"other": "b2xk"})], "i")


def test_the_digest_is_that_of_one_instance() -> None:
    assert (
        digest([deployment("a"), thing("Service", "x", "other")], "i") == digest([deployment("a")], "i") != digest([deployment("b")], "i")
    )


def test_what_comes_back_has_the_passwords_of_now_and_those_that_only_it_knows() -> None:
    old = [thing("Secret", "pg", data={"password": "b2xk"}), thing("Secret", "renamed", data={"token": "dA=="}), deployment("r/web:1")]
    now = [thing("Namespace", "n"), thing("Secret", "pg", data={"password": "bmV3"}), deployment("r/web:2"), thing("Service", "added")]
    back = brought_back(now, release(*old, thing("Service", "x", "other"), thing("PersistentVolume", "v")), "i")
    assert back == [now[0], now[1], old[1], old[2]]
