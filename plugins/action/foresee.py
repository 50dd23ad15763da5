# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks in check mode and shows what they would change, in one table."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.neursafe.fl.plugins.module_utils import _programs as programs
from ansible_collections.neursafe.fl.plugins.module_utils._whole_file import write_whole
from ansible_collections.neursafe.fl.plugins.plugin_utils import _recorded as recorded
from ansible_collections.neursafe.fl.plugins.plugin_utils._same_run import environment, options

display = Display()

# Edits of others are to be shown as changes, not as what stops a run.
_OVERWRITE = {f"nsfl_{role}_force_conflicts": True for role in ("server", "api_server", "client")}
_CURE = "a run overwrites it with -e {0}_force_conflicts=true only"


class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        del tmp
        try:
            return self._answer()
        except (AnsibleError, OSError, ValueError) as error:
            return ended({"state": "error", "changes": [], "problems": [str(error)]}, {})

    def _answer(self) -> dict[str, Any]:
        _result, args = self.validate_argument_spec(
            argument_spec={
                "playbooks": {"type": "list", "elements": "str", "choices": ["server", "client"], "default": ["server"]},
                "path": {"type": "path"},
                "fail_on_changes": {"type": "bool", "default": False},
            }
        )
        changes: list[dict[str, Any]] = []
        tasks: list[dict[str, str]] = []
        problems: list[str] = []
        for playbook in args["playbooks"]:
            lines, problems = self._look_ahead(playbook)
            changes += [{"playbook": playbook, **change} for change in recorded.changes(lines)]
            tasks += [{"playbook": playbook, **task} for task in recorded.changed_tasks(lines)]
            if problems:
                break
        changes = recorded.in_order(changes)
        for change in changes:
            if change["note"]:
                change["note"] += f"; {_CURE.format(change['role'])}"
        state = "error" if problems else "changes" if changes else "unchanged"
        answer = {"state": state, "playbooks": args["playbooks"], "changes": changes, "tasks": tasks, "problems": problems}
        if args["path"]:
            write_whole(Path(args["path"]), (json.dumps(answer, indent=2) + "\n").encode(), 0o600)
        return ended(answer, args)

    def _look_ahead(self, playbook: str) -> tuple[list[dict[str, Any]], list[str]]:
        """What a playbook would change, and what would stop it."""
        with tempfile.TemporaryDirectory(prefix="nsfl-plan-") as folder:
            record = Path(folder) / "record"
            words = ["-m", "ansible", "playbook", f"neursafe.fl.{playbook}", "--check", "--diff", "-e", json.dumps(_OVERWRITE)]
            words[4:4] = options(context.CLIARGS, self._loader, self._play_context, Path(folder))
            done = programs.run([sys.executable, *words], env=environment(record))
            text = record.read_text(encoding="utf-8") if record.exists() else ""
        lines = [json.loads(line) for line in text.splitlines()]
        if done.returncode == 0:
            return lines, []
        told = recorded.problems(lines) or (done.stderr.strip() or done.stdout.strip()).splitlines()[-5:]
        return lines, [f"{playbook}.yml ends with exit code {done.returncode}", *told]


def ended(answer: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    """Show the answer; the result that ends the run with the right exit code."""
    changes, problems = answer["changes"], answer["problems"]
    result: dict[str, Any] = {"changed": False, "state": answer["state"]}
    if args.get("path"):
        result["path"] = args["path"]
    if problems:
        # The exit code of an unreachable host, because that of a failure means that there are changes.
        return {**result, "unreachable": True, "problems": problems, "msg": "\n".join(["The plan could not be made:", *problems])}
    playbooks = " and ".join(f"{name}.yml" for name in args["playbooks"])
    for line in recorded.table(changes):
        display.display(line)
    if changes:
        count = f"{len(changes)} change{'s' if len(changes) > 1 else ''}"
        result["msg"] = f"The plan, not an error: {playbooks} would make {count} ({recorded.summary(changes)}); exit code 2."
    else:
        result["msg"] = f"Nothing to do: {playbooks} would change nothing."
        display.display(result["msg"])
    if changes and args["fail_on_changes"]:
        return {**result, "failed": True, "neursafe_fl": result["msg"]}
    return {**result, "changes": changes}
