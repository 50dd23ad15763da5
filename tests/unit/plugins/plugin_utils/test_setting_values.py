# SPDX-License-Identifier: Apache-2.0
"""Single values against the specs of their settings."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.plugin_utils._setting_values import value_problems

TABLES = {
    "type": "list",
    "elements": "dict",
    "options": {"name": {"type": "str", "required": True}, "unique": {"type": "list", "elements": "str"}},
}


@pytest.mark.parametrize(
    ("value", "spec"),
    [
        (30091, {"type": "int"}),
        ("30091", {"type": "int"}),
        (-1, {"type": "int"}),
        (True, {"type": "bool"}),
        ("no", {"type": "bool"}),
        ('Grüße: 100 % "quoted" it\'s', {"type": "str"}),
        ("{{ as it is", {"type": "str"}),
        (2022, {"type": "str"}),
        ("", {"type": "str"}),
        ("/a b", {"type": "path"}),
        ([], {"type": "list", "elements": "str"}),
        (["a", 1], {"type": "list", "elements": "str"}),
        ({"any": {"thing": None}}, {"type": "dict"}),
        ([{"name": "jobs", "unique": None}], TABLES),
        ("info", {"type": "str", "choices": ["debug", "info"]}),
        (object(), {"type": "raw"}),
    ],
)
def test_what_is_as_documented_passes(value: Any, spec: dict[str, Any]) -> None:
    assert list(value_problems("nsfl_x", value, spec)) == []


@pytest.mark.parametrize(
    ("value", "spec", "problem"),
    [
        ("abc", {"type": "int"}, "nsfl_x: 'abc' is no whole number; write digits only"),
        (True, {"type": "int"}, "nsfl_x: True is no whole number; write digits only"),
        (1.5, {"type": "int"}, "nsfl_x: 1.5 is no whole number; write digits only"),
        ("1\n2", {"type": "int"}, "nsfl_x: '1\\n2' is no whole number; write digits only"),
        ("maybe", {"type": "bool"}, "nsfl_x: 'maybe' is no boolean; write true or false"),
        (None, {"type": "str"}, "nsfl_x: it has no value; give it one, or leave the setting out"),
        (["a"], {"type": "str"}, "nsfl_x: ['a'] is no text; write one value"),
        ("a,b", {"type": "list"}, "nsfl_x: 'a,b' is no list; write it as [first, second], or one item a line after a hyphen"),
        (["a", None], {"type": "list", "elements": "str"}, "nsfl_x[1]: it has no value; give it one, or leave the setting out"),
        ([["a"]], {"type": "list", "elements": "str"}, "nsfl_x[0]: ['a'] is no text; write one value"),
        ("a: b", {"type": "dict"}, "nsfl_x: 'a: b' is no map; write key: value pairs"),
        ("inf", {"type": "str", "choices": ["debug", "info"]}, "nsfl_x: 'inf' is not known; write info"),
        ("s3", {"type": "str", "choices": ["minio", "external"]}, "nsfl_x: 's3' is not known; write one of minio, external"),
        ([{"nam": "jobs", "name": "jobs"}], TABLES, "nsfl_x[0].nam: there is no such key; write name"),
        ([{"unique": []}], TABLES, "nsfl_x[0].name: it is missing; add it"),
        ([{"name": "a", "zz": 1}], TABLES, "nsfl_x[0].zz: there is no such key; known are name, unique"),
    ],
)
def test_what_is_not_is_told_with_the_fix(value: Any, spec: dict[str, Any], problem: str) -> None:
    assert list(value_problems("nsfl_x", value, spec)) == [problem]


@pytest.mark.parametrize("value", ["a\0b", "a\nb", "a\n", "\x1b[31m", "\x7f"])
def test_control_characters_are_told(value: str) -> None:
    assert "control character" in next(value_problems("nsfl_x", value, {"type": "str"}))
    assert "control character" in next(value_problems("nsfl_x", [value], {"type": "list", "elements": "str"}))


@pytest.mark.parametrize("name", ["nsfl_db_password", "nsfl_s3_secret_key", "nsfl_server_proxy_token", "nsfl_client_private_key"])
@pytest.mark.parametrize("value", ["hush\n", ["hush"], {"hush": 1}])
def test_a_secret_is_never_repeated(name: str, value: Any) -> None:
    (problem,) = value_problems(name, value, {"type": "str"})
    assert problem.startswith(f"{name}: the value ")
    assert "hush" not in problem
