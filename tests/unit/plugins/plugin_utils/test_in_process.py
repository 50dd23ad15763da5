# SPDX-License-Identifier: Apache-2.0
"""A module that is run in Ansible's own process answers as it does in one of its own."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.neursafe.fl.plugins.plugin_utils._in_process import InProcessAction

SECRET = "correct horse"
SPEC = {"name": {"type": "str", "required": True}, "count": {"type": "int", "default": 3}, "password": {"type": "str", "no_log": True}}


def fake_main(module: ModuleType, does: Any) -> None:
    does(module.AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


def answer(does: Any, arguments: dict[str, Any], *, check: bool = False, **place: Any) -> Any:
    module = ModuleType("fake")
    module.AnsibleModule = AnsibleModule
    module.main = lambda: fake_main(module, does)
    seen = {"transport": "local", "become": False, "async_val": 0, "environment": [{}], "python": sys.executable} | place
    action_type = type("ActionModule", (InProcessAction,), {"module": module})
    action = action_type(
        task=SimpleNamespace(
            args=arguments,
            check_mode=check,
            diff=False,
            async_val=seen["async_val"],
            environment=seen["environment"],
            delegate_to=seen.get("delegate_to"),
            action="fake",
        ),
        connection=SimpleNamespace(transport=seen["transport"], _shell=SimpleNamespace(tmpdir="/nowhere")),
        play_context=SimpleNamespace(become=seen["become"]),
        loader=None,
        templar=SimpleNamespace(template=lambda value: value),
    )
    action._execute_module = lambda **_given: {"process": "another"}
    variables = {"ansible_python_interpreter": seen["python"], "ansible_delegated_vars": seen.get("delegated", {})}
    return action.run(task_vars=variables)


def test_it_answers_with_its_parameters_worked_out() -> None:
    found = answer(
        lambda module: module.exit_json(count=module.params["count"], check=module.check_mode), {"name": "x", "count": "5"}, check=True
    )
    assert found == {"changed": False, "count": 5, "check": True}


def test_a_failure_is_one() -> None:
    found = answer(lambda module: module.fail_json(msg="no", name=module.params["name"]), {"name": "x"})
    assert found == {"changed": False, "failed": True, "msg": "no", "name": "x"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "missing required arguments: name"),
        ({"name": "x", "count": "many"}, "count"),
        ({"name": "x", "size": 1}, "size. Supported parameters"),
    ],
)
def test_wrong_parameters_are_told(arguments: dict[str, Any], said: str) -> None:
    found = answer(lambda _module: pytest.fail("it went on"), arguments)
    assert found["failed"]
    assert said in found["msg"]


def test_no_secret_comes_back_and_warnings_do() -> None:
    def does(module: Any) -> None:
        module.warn(f"refused {module.params['password']}")
        module.exit_json(rows=[{"text": f"with {module.params['password']}"}])

    found = answer(does, {"name": "x", "password": SECRET})
    assert SECRET not in str(found)
    assert found["warnings"][0].startswith("refused ")


@pytest.mark.parametrize(
    "place",
    [
        {"transport": "ssh"},
        {"become": True},
        {"async_val": 5},
        {"environment": [{"https_proxy": "http://192.0.2.1"}]},
        {"python": "/usr/bin/another"},
        {"python": ""},
        {"delegate_to": "node", "delegated": {"node": {"ansible_python_interpreter": "/usr/bin/another"}}},
    ],
    ids=str,
)
def test_what_is_to_run_elsewhere_or_otherwise_is_left_to_ansible(place: dict[str, Any]) -> None:
    assert answer(lambda _module: pytest.fail("it ran here"), {"name": "x"}, **place) == {"process": "another"}


def test_a_task_of_another_host_that_is_delegated_to_here_is_run_here() -> None:
    place = {
        "python": "/usr/bin/another",
        "delegate_to": "localhost",
        "delegated": {"localhost": {"ansible_python_interpreter": sys.executable}},
    }
    assert answer(lambda module: module.exit_json(here=True), {"name": "x"}, check=False, **place)["here"]
