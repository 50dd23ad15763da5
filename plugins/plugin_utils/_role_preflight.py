# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goes through the preflight of a role in one process, task by task as Ansible would.

Ansible forks a process for every task of every host, which takes 0.03 to 0.04 s of CPU time even for a fact. A preflight sets facts and
asks modules, nothing else, so what it takes to go through one is little; what is more than that is refused here, by name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLES = Path(__file__).parents[2] / "roles"
OURS = "neursafe.fl."
# Keywords of a task beside its action. What no_log hides is hidden with all of the answer.
KEYWORDS = frozenset(["name", "vars", "when", "register", "become", "delegate_to", "check_mode", "changed_when", "failed_when", "no_log"])
BLOCK_KEYWORDS = frozenset(["name", "vars", "when", "block", "rescue"])
BUILT_IN = "ansible.builtin."
BUILT_INS = frozenset(BUILT_IN + name for name in ("include_tasks", "set_fact", "debug", "fail"))

PRIVATE = re.compile(r"__nsfl_\w+")
# What a task sets as a fact, registers, or has among its vars.
NOTED = re.compile(r"(?:^ +|[{ ]|register: )(__nsfl_\w+)(?=:|$)", re.MULTILINE)

Task = Mapping[str, Any]
Variables = dict[str, Any]
# Name of the module, its arguments, the keywords of the task that say how it is run.
Ask = Callable[[str, dict[str, Any], dict[str, Any]], dict[str, Any]]


class LookFailedError(Exception):
    """A task has failed."""

    def __init__(self, task: str, result: Mapping[str, Any]) -> None:
        super().__init__(result.get("msg", "no message"))
        self.task = task


class RolePreflight:
    """One preflight of one role on one host, or another file of its tasks; `facts` is what it has noted and registered."""

    def __init__(
        self,
        role: str,
        loader: DataLoader,
        variables: Mapping[str, Any],
        ask: Ask,
        say: Callable[[str], None],
        tasks_from: str = "preflight",
    ) -> None:
        self._folder = ROLES / role
        self._tasks_from = tasks_from
        self._loader, self._ask, self._say = loader, ask, say
        paths = {"role_name": role, "role_path": str(self._folder), "ansible_search_path": [str(self._folder)]}
        defaults = self._load("defaults/main.yml")
        own = self._load("vars/main.yml")
        # A role's own variables have private names, under which nothing but facts can stand in an inventory.
        self._base = {**defaults, **own, **variables, **paths}
        self.facts: Variables = {}
        work_out(self._base, [name for name in defaults if name not in variables], loader)
        work_out(self._base, [name for name in self._lasting(own) if name not in variables], loader)

    def go(self) -> None:
        """Go through the preflight."""
        self._go_through(self._load(f"tasks/{self._tasks_from}.yml"), {}, {})

    def _lasting(self, own: Variables) -> list[str]:
        """The role's own values that its preflight comes to more than once, and that nothing goes into which tasks note."""
        texts = {path.name: path.read_text(encoding="utf-8") for path in self._folder.glob("tasks/*.yml")}
        noted = {name for text in texts.values() for name in NOTED.findall(text)}
        parts = {name: set(PRIVATE.findall(str(value))) for name, value in own.items()}
        all_parts = {name: _reached(name, parts) for name in own}
        uses = Counter(name for path, text in texts.items() if path.startswith(self._tasks_from) for name in PRIVATE.findall(text))
        needed = {name: sum(uses[user] for user in own if name in all_parts[user]) for name in own}
        return [name for name in own if needed[name] > 1 and all_parts[name] <= own.keys() - noted]

    def _load(self, path: str) -> Any:
        # unsafe: without a copy of it all, which takes as long as reading it; nothing here changes what was read.
        return self._loader.load_from_file(str(self._folder / path), cache="none", unsafe=True, trusted_as_template=True) or {}

    def _go_through(self, tasks: list[Task], inherited: Variables, given: Variables) -> None:
        """Variables of tasks and blocks stand below facts, those that came with an inclusion (`given`) above."""
        for task in tasks:
            self._do(task, {**inherited, **task.get("vars", {})}, given)

    def _do(self, task: Task, own: Variables, given: Variables) -> None:
        action, arguments = _action(task)
        if action == "include_tasks":
            given = {**given, **task.get("vars", {})}
        templar = self._templar(own, given)
        is_wanted = self._holds(templar, task.get("when", True))
        if action == "block":
            if is_wanted:
                self._do_block(task, own, given)
            return
        if action == "include_tasks":
            if is_wanted:
                self._go_through(self._load(f"tasks/{templar.template(arguments)}"), own, given)
            return
        result: dict[str, Any] = {"changed": False, "skipped": True}
        if is_wanted:
            result = self._run(task, action, templar, arguments)
        if "register" in task:
            self.facts[task["register"]] = result
        if result.get("failed") and task.get("failed_when") is not False:
            raise LookFailedError(task["name"], result)

    def _do_block(self, task: Task, own: Variables, given: Variables) -> None:
        try:
            self._go_through(task["block"], own, given)
        except (LookFailedError, AnsibleError):
            if "rescue" not in task:
                raise
            self._go_through(task["rescue"], own, given)

    def _run(self, task: Task, action: str, templar: Templar, arguments: Any) -> dict[str, Any]:
        if action == "debug":
            text = templar.template(arguments["msg"]) if "msg" in arguments else templar.resolve_variable_expression(arguments["var"])
            self._say(f"{task['name']}: {text}")
            return {"changed": False}
        values = templar.template(arguments)
        if action == "set_fact":
            self.facts.update(values)
            return {"changed": False}
        if action == "fail":
            return {"changed": False, "failed": True, **values}
        how = {name: templar.template(task[name]) for name in ("become", "delegate_to", "check_mode") if name in task}
        return self._ask(action.removeprefix(OURS), values, how)

    def _templar(self, own: Variables, given: Variables) -> Templar:
        return Templar(loader=self._loader, variables={**self._base, **own, **self.facts, **given})

    def _holds(self, templar: Templar, conditions: Any) -> bool:
        return all(templar.evaluate_conditional(condition) for condition in (conditions if isinstance(conditions, list) else [conditions]))


def work_out(variables: Variables, names: Iterable[str], loader: DataLoader) -> None:
    """Each of them once; Ansible compiles a template whenever its value is asked for. What fails is told of where it is used."""
    templar = Templar(loader=loader, variables=variables)
    for name in names:
        with suppress(AnsibleError):
            variables[name] = templar.template(variables[name])


def _reached(name: str, parts: Mapping[str, set[str]]) -> set[str]:
    """A value and all that goes into it."""
    found, new = {name}, {name}
    while new := {part for value in new for part in parts.get(value, ())} - found:
        found |= new
    return found


def _action(task: Task) -> tuple[str, Any]:
    """What a task does, and with what."""
    kind, keywords = ("block", BLOCK_KEYWORDS) if "block" in task else ("task", KEYWORDS)
    found = [key for key in task if kind == "task" and (key.startswith(OURS) or key in BUILT_INS)]
    unknown = set(task) - keywords - set(found)
    if unknown:
        raise NotImplementedError(f"{kind} '{task.get('name', '?')}': {', '.join(sorted(unknown))} is nothing that a preflight may do")
    if kind == "block":
        return kind, None
    (name,) = found
    return name.removeprefix(BUILT_IN), task[name]
