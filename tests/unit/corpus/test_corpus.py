# SPDX-License-Identifier: Apache-2.0
"""Every wrong input of the corpus is refused, with setting, cause and fix, and without any secret."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from corpus import base, bases, cases, problems, told, within

CASES = cases()
# SETTING: CAUSE; FIX, where a syntax error has its place instead of a setting. A few problems have a comma there.
SENTENCE = re.compile(r"(line \d+(, column \d+)?|\S.*? \(line \d+\)|\w[\w.\[\]/ -]*): .+[;,:?] .+", re.DOTALL)
LONGEST = 1000


def of(*kinds: str) -> list[str]:
    return [name for name, case in CASES.items() if case["kind"] in kinds]


def refused(name: str) -> None:
    case: dict[str, Any] = CASES[name]
    with within(10):
        found = told(case)
    fitting = [text for text in found if text.startswith(case["setting"]) and case["cause"] in text]
    assert fitting, found
    assert any(case["fix"] in text[text.index(case["cause"]) + len(case["cause"]) :] for text in fitting), fitting
    assert [text for text in found if not SENTENCE.fullmatch(text) or len(text) > LONGEST] == []
    assert [text for text in found if "canary" in text.lower()] == []


@pytest.mark.parametrize("kind", bases())
def test_the_settings_that_cases_change_are_sound(kind: str) -> None:
    assert problems(kind, base(kind)) == []


@pytest.mark.parametrize("name", of("inventory"))
def test_a_wrong_value_of_one_setting_is_refused(name: str) -> None:
    refused(name)


@pytest.mark.parametrize("name", of("server_config", "client_config"))
def test_a_wrong_configuration_file_is_refused(name: str) -> None:
    refused(name)


@pytest.mark.parametrize("name", of("server", "server_pvc"))
def test_wrong_settings_of_the_server_are_refused(name: str) -> None:
    refused(name)


@pytest.mark.parametrize("name", of("client", "client_pvc", "standalone"))
def test_wrong_settings_of_a_client_are_refused(name: str) -> None:
    refused(name)


@pytest.mark.parametrize("name", of("object_store", "shared_storage", "directories"))
def test_wrong_settings_of_the_storage_are_refused(name: str) -> None:
    refused(name)


@pytest.mark.parametrize("name", of("database", "images", "api_server", "cli", "verification"))
def test_wrong_settings_of_the_other_roles_are_refused(name: str) -> None:
    refused(name)


def test_no_case_is_left_out_and_each_class_has_its_ten() -> None:
    kinds = {case["kind"] for case in CASES.values()}
    assert kinds <= {*bases(), "inventory", "server_config", "client_config"}
    classes = Counter(name.split("-")[0] for name in CASES)
    assert len(CASES) >= 150
    assert [name for name, case in CASES.items() if not all(case[key] for key in ("setting", "cause", "fix"))] == []
    assert {name: count for name, count in classes.items() if count < 10} == {}
