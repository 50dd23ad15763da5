# SPDX-License-Identifier: Apache-2.0
"""The preflight of a host: where its modules run, as whom, and what becomes of a check that fails. How tasks are gone through is in
plugin_utils/test_role_preflight.py."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.neursafe.fl.plugins.action import preflight
from ansible_collections.neursafe.fl.plugins.plugin_utils import _role_preflight as role_preflight

ASK = "- {name: ask, neursafe.fl.probe: {}, register: __nsfl_x_answer, KEYWORDS}"
BECOMES = object()


def module() -> ModuleType:
    """One that answers in this process."""
    found = ModuleType("probe")
    found.main = lambda: found.AnsibleModule({}, supports_check_mode=True).exit_json(place="here")
    return found


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Go through a preflight of the role nsfl_x on a host; what runs there tells whether it has become somebody."""
    monkeypatch.setattr(role_preflight, "ROLES", tmp_path)
    monkeypatch.setitem(sys.modules, preflight.MODULES + "probe", module())
    monkeypatch.setattr(preflight.ActionModule, "_wrong_settings", lambda self: self._variables.get("wrong", []))

    def looked(tasks: str, host: str = "node", error: Exception | None = None, **variables: Any) -> Any:
        for name, text in {"tasks/preflight.yml": tasks, "defaults/main.yml": "", "vars/main.yml": ""}.items():
            (tmp_path / "nsfl_x" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "nsfl_x" / name).write_text(text, encoding="utf-8")
        connection = SimpleNamespace(become=BECOMES, _shell=SimpleNamespace(tmpdir="/nowhere"))
        how = {"check_mode": False, "diff": False, "no_log": False, "async_val": 0}
        arguments = {"roles": ["nsfl_x"], "secure_logging": variables.pop("secure_logging", True)}
        task = SimpleNamespace(args=arguments, action="preflight", **how)
        loader = DataLoader()
        action_type: Any = preflight.ActionModule
        action = action_type(task, connection, SimpleNamespace(), loader, Templar(loader), None)

        def on_host(_name: str, **_given: Any) -> dict[str, Any]:
            if error:
                raise error
            return {"place": "there", "became": connection.become is BECOMES, "hidden": task.no_log, "warnings": ["old"]}

        monkeypatch.setattr(action, "_execute_module", on_host)
        found = action.run(task_vars={"inventory_hostname": host, **variables})
        assert connection.become is BECOMES and task.no_log is False
        return found

    return looked


@pytest.mark.parametrize(
    ("host", "keywords", "place", "became"),
    [
        ("node", "become: true", "there", True),
        ("node", "become: false", "there", False),
        ("node", "delegate_to: node, become: false", "there", False),
        ("node", "delegate_to: localhost, become: false", "here", None),
        ("localhost", "become: false", "here", None),
        # A controller that is a host of the platform, too.
        ("localhost", "become: true", "there", True),
    ],
)
def test_where_a_module_runs_and_as_whom(look: Any, host: str, keywords: str, place: str, became: bool | None) -> None:
    found = look(ASK.replace("KEYWORDS", keywords), host)
    answer = found["facts"]["__nsfl_x_answer"]
    assert found["_ansible_no_log"] and answer.get("hidden", True)
    assert (answer["place"], answer.get("became")) == (place, became)
    assert found["calls"] == (1 if place == "there" else 0)
    assert found["warnings"] == (["old"] if place == "there" else [])
    assert found["changed"] is False


@pytest.mark.parametrize(
    ("tasks", "problem"),
    [
        ("- {name: x, ansible.builtin.fail: {msg: it broke}}", 'nsfl_x: its check failed at "x": it broke; run it alone'),
        ("- {name: x, ansible.builtin.fail: {msg: 'so: nsfl_x_a: is wrong; mend it'}}", "nsfl_x_a: is wrong; mend it"),
        ("- {name: x, ansible.builtin.set_fact: {__a: '{{ nothing }}'}}", "nsfl_x: its check failed: 'nothing' is undefined"),
        ("- {name: x, ansible.builtin.command: ls}", "nsfl_x: its check failed: task 'x': ansible.builtin.command is nothing that"),
        (ASK.replace("KEYWORDS", "delegate_to: elsewhere"), "nsfl_x: its check failed: probe asks elsewhere from node"),
    ],
)
def test_a_check_that_fails_is_a_problem_and_stops_nothing(look: Any, tasks: str, problem: str) -> None:
    (told,) = look(tasks)["facts"]["__nsfl_x_check_problems"]
    assert told.startswith(problem)


def test_what_stumbles_over_a_wrong_value_is_no_news(look: Any) -> None:
    assert look("- {name: x, ansible.builtin.fail: {msg: no}}", wrong=["nsfl_x_a: wrong"])["facts"]["__nsfl_x_check_problems"] == []


def test_a_setting_is_worked_out_once_where_that_can_be_done(look: Any) -> None:
    tasks = """
- {name: x, ansible.builtin.set_fact: {__noted: noted}}
- {name: y, ansible.builtin.set_fact: {__a: ['{{ nsfl_root }}', '{{ nsfl_root }}', '{{ nsfl_bucket }}']}}
"""
    values = {"nsfl_root": "{{ 999999999999 | random }}", "nsfl_bucket": "{{ __noted }}"}
    found = look(tasks, **{name: trust_as_template(text) for name, text in values.items()})
    once, again, later = found["facts"]["__a"]
    assert isinstance(once, int) and once == again
    assert later == "noted"


def test_a_role_whose_provider_is_unknown_is_passed_over(look: Any) -> None:
    wrong = ["nsfl_x_provider: 'y' is not known"]
    found = look("- {name: x, ansible.builtin.fail: {msg: no}}", wrong=wrong)
    assert found["facts"] == {"__nsfl_inventory_problems": wrong}


def test_a_host_that_cannot_be_reached_is_no_problem_of_a_role(look: Any) -> None:
    with pytest.raises(AnsibleConnectionFailure):
        look(ASK.replace("KEYWORDS", "become: true"), error=AnsibleConnectionFailure("no route"))


@pytest.mark.parametrize(
    ("value", "hides"), [(True, True), ("yes", True), ("perhaps", True), ("False", False), (False, False), ("no", False)]
)
def test_it_hides_unless_it_is_told_not_to(look: Any, value: Any, hides: bool) -> None:
    found = look(ASK.replace("KEYWORDS", "become: true"), secure_logging=value)
    assert found.get("_ansible_no_log", False) is hides
    assert found["facts"]["__nsfl_x_answer"]["hidden"] is hides
