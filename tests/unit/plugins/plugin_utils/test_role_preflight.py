# SPDX-License-Identifier: Apache-2.0
"""A preflight in one process does what Ansible would do with its tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.neursafe.fl.plugins.filter import layers
from ansible_collections.neursafe.fl.plugins.plugin_utils import _role_preflight as role_preflight
from ansible_collections.neursafe.fl.plugins.plugin_utils._role_preflight import LookFailedError, RolePreflight

ROLES = Path(__file__).parents[4] / "roles"
LAYERS = [role for role, _group, _controller in layers.LAYERS]


@pytest.fixture
def role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A role of given tasks; what it asks is answered by the names of the arguments."""
    monkeypatch.setattr(role_preflight, "ROLES", tmp_path)

    def made(tasks: str, variables: Mapping[str, Any] | None = None, defaults: str = "", private: str = "", **more: str) -> Any:
        files = {"tasks/preflight.yml": tasks, "defaults/main.yml": defaults, "vars/main.yml": private}
        files |= {f"tasks/{name}.yml": text for name, text in more.items()}
        for name, text in files.items():
            (tmp_path / "nsfl_x" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "nsfl_x" / name).write_text(text, encoding="utf-8")
        shown: list[str] = []
        asked: list[Any] = []

        def ask(name: str, arguments: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
            asked.append((name, arguments, how))
            said = {"failed": True, "msg": arguments["fails"]} if "fails" in arguments else {"got": sorted(arguments)}
            return {"changed": False, **said}

        looks: Any = RolePreflight("nsfl_x", DataLoader(), variables or {}, ask, shown.append)
        looks.said, looks.asked = shown, asked
        return looks

    return made


def test_facts_stand_above_the_tasks_variables_and_those_above_the_roles(role: Any) -> None:
    looks = role(
        """
- ansible.builtin.set_fact: {__a: "{{ __p }}", __b: "{{ nsfl_x_d }}"}
  name: one
  vars: {__p: of the task}
- name: two
  ansible.builtin.set_fact: {__c: "{{ __a }}, {{ __p }}", __p: a fact}
- name: three
  ansible.builtin.set_fact: {__d: "{{ __p }}"}
  vars: {__p: of the task}
""",
        {"nsfl_x_d": "of the inventory"},
        defaults="nsfl_x_d: a default",
        private="__p: of the role",
    )
    looks.go()
    assert looks.facts == {
        "__a": "of the task",
        "__b": "of the inventory",
        "__c": "of the task, of the role",
        "__p": "a fact",
        "__d": "a fact",
    }


def test_what_nothing_noted_goes_into_is_worked_out_once(role: Any) -> None:
    looks = role(
        """
- {name: before, ansible.builtin.set_fact: {__nsfl_x_before: "{{ __nsfl_x_all }}"}}
- {name: note, ansible.builtin.set_fact: {__nsfl_x_noted: noted, __nsfl_x_own: noted}}
- {name: ask, neursafe.fl.host_info: {a: 1}, register: __nsfl_x_answer}
- name: after
  ansible.builtin.set_fact:
    __nsfl_x_after: "{{ __nsfl_x_all }}"
- {name: vars of a task, ansible.builtin.set_fact: {__nsfl_x_with: "{{ __nsfl_x_all }}"}, vars: {__nsfl_x_given: given}}
""",
        private="""
__nsfl_x_once: "{{ 999999999999 | random }}"
__nsfl_x_own: of the role
__nsfl_x_of_noted: "{{ __nsfl_x_noted | default('none') }}"
__nsfl_x_of_own: "{{ __nsfl_x_own }}"
__nsfl_x_of_answer: "{{ (__nsfl_x_answer | default({})).got | default('none') }}"
__nsfl_x_of_given: "{{ __nsfl_x_given | default('none') }}"
__nsfl_x_far: [1, "{{ __nsfl_x_of_noted }}", "{{ __nsfl_x_of_own }}", "{{ __nsfl_x_of_answer }}", "{{ __nsfl_x_of_given }}"]
__nsfl_x_all: {once: "{{ __nsfl_x_once }}", far: "{{ __nsfl_x_far }}"}
""",
    )
    looks.go()
    before, after, given = (looks.facts[name] for name in ("__nsfl_x_before", "__nsfl_x_after", "__nsfl_x_with"))
    assert before["once"] == after["once"] == given["once"]
    assert before["far"] == [1, "none", "of the role", "none", "none"]
    assert after["far"] == [1, "noted", "noted", ["a"], "none"]
    assert given["far"] == [1, "noted", "noted", ["a"], "given"]


def test_what_comes_with_an_inclusion_stands_above_facts(role: Any) -> None:
    looks = role(
        """
- name: first
  ansible.builtin.set_fact: {__which: a, __given: a fact}
- name: block
  vars: {__block: of the block}
  block:
    - name: include
      ansible.builtin.include_tasks: "{{ __which }}.yml"
      vars: {__given: included, __which: b}
- name: after
  ansible.builtin.set_fact: {__after: "{{ __given }}"}
""",
        b='- {name: in it, ansible.builtin.set_fact: {__got: "{{ __given }}, {{ __block }}"}}',
    )
    looks.go()
    assert looks.facts["__got"] == "included, of the block"
    assert looks.facts["__after"] == "a fact"


def test_a_module_is_asked_with_its_arguments_and_how(role: Any) -> None:
    looks = role(
        """
- name: ask
  neursafe.fl.host_info:
    paths: "{{ [nsfl_x_root] }}"
    left_out: "{{ omit }}"
  become: true
  check_mode: true
  register: __answer
- name: not asked
  neursafe.fl.images: {state: checked}
  when: [__answer.got is defined, false]
  register: __no_answer
- name: note
  ansible.builtin.set_fact: {__noted: "{{ __no_answer is skipped and __answer is not failed }}"}
""",
        {"nsfl_x_root": "/srv"},
    )
    looks.go()
    assert looks.asked == [("host_info", {"paths": ["/srv"]}, {"become": True, "check_mode": True})]
    assert looks.facts["__answer"]["got"] == ["paths"]
    assert looks.facts["__noted"] is True


def test_a_failure_is_rescued_borne_or_raised(role: Any) -> None:
    looks = role("""
- name: borne
  neursafe.fl.images: {fails: first}
  failed_when: false
  register: __first
- name: block
  block:
    - name: call
      neursafe.fl.images: {fails: second}
      register: __second
    - name: never
      ansible.builtin.set_fact: {__never: true}
  rescue:
    - name: tell
      ansible.builtin.fail: {msg: "told: {{ __second.msg }}"}
""")
    with pytest.raises(LookFailedError, match="told: second") as raised:
        looks.go()
    assert raised.value.task == "tell"
    assert looks.facts["__first"]["msg"] == "first"
    assert "__never" not in looks.facts


def test_an_undefined_variable_is_an_error(role: Any) -> None:
    with pytest.raises(AnsibleError, match="nsfl_x_nothing"):
        role('- {name: x, ansible.builtin.set_fact: {__a: "{{ nsfl_x_nothing }}"}}').go()


def test_what_is_shown_is_said_with_its_task(role: Any) -> None:
    looks = role("- {name: Warn, ansible.builtin.debug: {msg: a warning}}\n- {name: Show, ansible.builtin.debug: {var: __a}}", {"__a": [1]})
    looks.go()
    assert looks.said == ["Warn: a warning", "Show: [1]"]


def test_a_value_out_of_a_task_is_no_template(role: Any) -> None:
    looks = role(
        '- {name: x, ansible.builtin.set_fact: {__a: "{{ nsfl_x_password }}"}}\n- {name: y, ansible.builtin.set_fact: {__b: "{{ __a }}"}}',
        {"nsfl_x_password": "{{ 1 + 1 }}"},
    )
    looks.go()
    assert looks.facts["__b"] == "{{ 1 + 1 }}"


@pytest.mark.parametrize("line", ["loop: [1]", "until: true", "ansible.builtin.command: ls", "environment: {A: b}", "notify: x"])
def test_what_a_preflight_may_not_do_is_refused(role: Any, line: str) -> None:
    with pytest.raises(NotImplementedError, match=line.split(":")[0]):
        role(f"- name: x\n  ansible.builtin.set_fact: {{__a: 1}}\n  {line}").go()


def tasks_of(folder: Path, name: str) -> Iterator[Mapping[str, Any]]:
    """Every task that a file can come to, in all branches."""
    for path in sorted(folder.glob(re.sub(r"{{.*?}}", "*", name))):
        yield from _within(folder, yaml.safe_load(path.read_text(encoding="utf-8")))


def _within(folder: Path, tasks: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for task in tasks:
        yield task
        yield from _within(folder, [*task.get("block", []), *task.get("rescue", [])])
        yield from tasks_of(folder, task.get("ansible.builtin.include_tasks", "no file"))


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layers_preflight_does_what_it_may(layer: str) -> None:
    found = list(tasks_of(ROLES / layer / "tasks", "preflight.yml"))
    assert len(found) > 1
    for task in found:
        role_preflight._action(task)
