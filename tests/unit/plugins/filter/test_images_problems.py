# SPDX-License-Identifier: Apache-2.0
"""Bad settings of the images are named, with the cause and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS

PROBLEMS = FILTERS["images_problems"]
GOOD: dict[str, Any] = {
    "provider": "build",
    "source_tree": "/srv/fl",
    "git_url": "",
    "git_ref": "",
    "catalogue": [{"name": "nsfl-base", "dockerfile": "b"}, {"name": "nsfl-proxy", "dockerfile": "p"}],
    "select": [],
    "prebuilt": {},
    "registry": "localhost:5000",
    "registry_username": "fl",
    "registry_password_given": True,
    "tag": "v1.2",
    "http_proxy": "",
    "https_proxy": "",
    "base_map": {},
    "build_args": {"A": 1},
    "platform": "linux/amd64",
    "parallel": 2,
}

NOWHERE = {"registry": "", "registry_username": "", "registry_password_given": False}


@pytest.mark.parametrize(
    "change", [{}, {"registry": "r.example.org/team"}, {"registry": "[::1]:5000"}, {"git_url": "u", "git_ref": "v1", "source_tree": ""}]
)
def test_good_settings(change: dict[str, Any]) -> None:
    assert PROBLEMS({**GOOD, **change}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source_tree": ""}, "source_tree: no source tree"),
        ({"git_url": "https://x", "git_ref": "v1"}, "keep one"),
        ({"git_url": "https://x", "source_tree": ""}, "git_ref: which commit"),
        ({"registry": "http://localhost:5000"}, "has a scheme"),
        ({"registry": "localhost:70000"}, "is no registry"),
        ({"registry": "local host"}, "is no registry"),
        ({"registry": ""}, "an account is given but no registry"),
        ({"tag": "a b"}, "is no tag"),
        ({"tag": "-x"}, "is no tag"),
        ({"registry_password_given": False}, "registry_password: the account has no password"),
        ({"registry_username": ""}, "registry_username: a password is given"),
        ({"select": ["nsfl-proxi"]}, "write nsfl-proxy"),
        ({"http_proxy": "a b"}, "http_proxy: it has blanks"),
        ({"build_args": {"a-b": 1}}, "no name of a build argument"),
        ({"base_map": {"a": 1}}, "is no text"),
        ({"platform": "amd64"}, "write it like linux/amd64"),
        ({"parallel": 0}, "give 1 or more"),
        ({"catalogue": [*GOOD["catalogue"], GOOD["catalogue"][0]]}, "nsfl-base is listed twice"),
        ({"provider": "prebuilt"}, "prebuilt: no image is given"),
        ({"provider": "prebuilt", "prebuilt": {"nsfl-base": "UPPER/x"}}, "no image reference"),
        ({"provider": "prebuilt", "prebuilt": {"nsfl-base": "x@sha256:12"}}, "which is not sha256"),
        ({"provider": "prebuilt", "prebuilt": {"other": "x"}}, "remove it"),
        ({"provider": "mirror"}, "prebuilt: no image is given"),
        ({"provider": "mirror", "prebuilt": {"nsfl-base": "x"}, **NOWHERE}, "registry: there is no registry to copy the images to"),
    ],
)
def test_each_problem_names_setting_cause_and_fix(change: dict[str, Any], words: str) -> None:
    found = PROBLEMS({**GOOD, **change})
    assert len(found) == 1
    assert found[0].startswith("nsfl_images_")
    assert words in found[0]
