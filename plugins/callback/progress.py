# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
author: The neursafe.fl maintainers (@neursafe)
version_added: 0.1.0
short_description: One line per phase of a run, a complete log in a file, and a table at the end
description:
  - At a terminal, one line that is kept up to date says which phase is running, on which or how many of its hosts, for how long,
    for how long it took the last time, and what it is doing.
  - What fails is shown in full, and so is what M(ansible.builtin.debug) says.
  - Elsewhere, such as in CI, one line for each phase that is over.
  - Colour is Ansible's, so C(NO_COLOR) and C(ANSIBLE_NOCOLOR) turn it off. Lines fit the terminal, or C(COLUMNS).
  - Everything that the C(default) callback prints goes to a file of mode 0600. With C(-v), or with O(style=plain), to the screen instead.
  - After the run a table has one row for each play with the elapsed time in seconds, the number of tasks that were run and of those that
    changed something, and the hosts on which it failed; then what the run was for, where a role has said it by
    M(ansible.builtin.set_stats) under the name C(neursafe_fl); and what to do next.
extends_documentation_fragment: [default_callback, result_format_callback]
options:
  style:
    description:
      - What is shown. V(auto) is V(plain) with C(-v) and with C(--diff), otherwise V(live) at a terminal, and V(quiet) elsewhere.
      - A terminal that cannot move its cursor (C(TERM=dumb)), and one in CI (C(CI)), count as elsewhere.
    type: str
    choices: [auto, live, quiet, plain]
    default: auto
    env: [{name: NSFL_PROGRESS_STYLE}]
    ini: [{section: callback_progress, key: style}]
  folder:
    description: Where the log of the last run of each playbook is written, and the times that its phases took.
    type: path
    default: ~/.cache/neursafe-fl/runs
    env: [{name: NSFL_PROGRESS_FOLDER}]
    ini: [{section: callback_progress, key: folder}]
requirements:
  - Chosen with C(stdout_callback = neursafe.fl.progress) in C(ansible.cfg).
"""

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ansible import context
from ansible.constants import config
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.utils.color import stringc
from ansible_collections.neursafe.fl.plugins.module_utils._telling import PLACE
from ansible_collections.neursafe.fl.plugins.plugin_utils import _progress as progress


def _color(name: str) -> str:
    return str(config.get_config_value(f"COLOR_{name}"))


def _is_live() -> bool:
    """Whether somebody looks at a terminal that can keep a line up to date."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def _columns() -> int:
    """The width that lines have to fit, 0 when they may be of any."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() or os.environ.get("COLUMNS") else 0


class LogDisplay:
    """What the default callback says, in a file. It may ask this for anything else that it asks a display."""

    def __init__(self, display: Any, path: Path) -> None:
        self._screen = display
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", buffering=1)

    def display(self, msg: str, *_unused: Any, log_only: bool = False, **_more: Any) -> None:
        if not log_only:  # what is said in two forms, in colour for the screen
            self._file.write(f"{msg}\n")

    def banner(self, msg: str, *_unused: Any, **_more: Any) -> None:
        self._file.write(f"\n{msg} {'*' * max(3, 79 - len(msg))}\n")

    def _error(self, *args: Any, **kwargs: Any) -> None:
        """With the lines of the playbook that it comes from, which the screen need not show beside its message."""
        type(self._screen)._error(self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._screen, name)


class CallbackModule(Default):
    """The default callback with its output in a file, and the phases of the run on the screen."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "neursafe.fl.progress"

    def __init__(self) -> None:
        super().__init__()
        self.phases: list[progress.Phase] = []
        self.playbook = ""
        self.style = "plain"
        self.log: Path | None = None
        self._answer = self._outcome = ""
        self._screen = self._display
        self._expected: dict[str, float] = {}
        self._over = threading.Event()
        self._inside: Path | None = None

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        super().set_options(*args, **kwargs)
        style = self.get_option("style")
        if style == "auto":
            asked = self._display.verbosity or context.CLIARGS.get("diff")
            style = "plain" if asked else "live" if _is_live() else "quiet"
        self.style = style

    # -- the run ----------------------------------------------------------------------------------------------------
    def v2_playbook_on_start(self, playbook: Any) -> None:
        self.playbook = Path(playbook._file_name).stem
        if self.style != "plain":
            folder = Path(self.get_option("folder"))
            self._expected = progress.expected_seconds(folder / "seconds.json", self.playbook)
            self.log = folder / f"{self.playbook}.log"
            self._display: Any = LogDisplay(self._screen, self.log)
        if self.style == "live":
            self._clear_before_others()
            self._inside = folder / f"{self.playbook}.now"
            self._inside.unlink(missing_ok=True)
            os.environ[PLACE] = str(self._inside)
            threading.Thread(target=self._keep_line, daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._tell_before(number, signal.getsignal(number))
        super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._close()
        hosts = play.get_variable_manager()._inventory.get_hosts(play.hosts, order=play.order)
        self.phases.append(progress.Phase(play.get_name().strip(), tuple(str(host) for host in hosts)))
        super().v2_playbook_on_play_start(play)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if self._inside is not None:
            self._inside.unlink(missing_ok=True)
        self.phases[-1].task, self.phases[-1].done = task.get_name().rsplit(" : ", 1)[-1].strip(), set()
        super().v2_playbook_on_task_start(task, is_conditional)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._count(result)
        self.phases[-1].changed += int(result.is_changed())
        action = result._task.action.rsplit(".", 1)[-1]
        if action == "set_stats":
            told = result._result.get("ansible_stats", {}).get("data", {})
            self._outcome = str(told.get("neursafe_fl") or self._outcome)
        elif action == "debug" and not result.is_changed():
            self.phases[-1].said += progress.messages(result._result)
        super().v2_runner_on_ok(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self.phases[-1].done.add(str(result._host))
        super().v2_runner_on_skipped(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._count(result)
        if result._result.get("neursafe_fl"):
            # A plan with changes ends by a failure for the sake of its exit code; it is an answer.
            self._answer = str(result._result["neursafe_fl"])
            return
        if not ignore_errors:
            self._fail(result)
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._fail(result)
        super().v2_runner_on_unreachable(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._close()
        self._over.set()
        super().v2_playbook_on_stats(stats)
        failed = any(phase.failed for phase in self.phases)
        if self.log is not None and not failed:
            progress.remember(self.log.parent / "seconds.json", self.playbook, self.phases)
        if self._inside is not None:
            self._inside.unlink(missing_ok=True)
        changed = sum(phase.changed for phase in self.phases)
        outcome = self._answer or self._outcome
        # A look with --check is no step that another one follows.
        told = self.log is not None and (failed or not context.CLIARGS.get("check"))
        advice = progress.what_next(self.playbook, failed, changed, str(self.log)) if told else ""
        self._print("")
        if self.log is not None:  # which has it from the default callback, as the screen has in style plain
            for line in progress.recap({host: stats.summarize(host) for host in stats.processed}):
                self._screen.display(line)
        for line in [*progress.table(self.phases, _columns()), *([outcome] if outcome else []), *([advice] if advice else [])]:
            self._print(line)

    # -- the screen -------------------------------------------------------------------------------------------------
    def _count(self, result: Any) -> None:
        self.phases[-1].run += 1
        self.phases[-1].done.add(str(result._host))

    def _fail(self, result: Any) -> None:
        """A failure is shown at once, whatever else is shown."""
        host = str(result._host.get_name())
        self.phases[-1].failed.add(host)
        if self.style != "plain":
            text = result._result.get("msg") or result._result.get("censored") or "it failed without a message"
            self._print(f"FAILED on {host}, {self.phases[-1].name}, {result._task.get_name()}:\n{text}", _color("ERROR"))

    def _tell_before(self, number: int, handler: Any) -> None:
        """A signal ends the run without an end of which Ansible would tell; how to go on is said before its own handler works."""
        process = os.getpid()

        def tell(received: int, frame: Any) -> None:
            if os.getpid() == process and not self._over.is_set():
                self._over.set()
                # Past Python's buffers, which the interrupted code may be writing.
                os.write(2, b"\nInterrupted. The same command again goes on from what is there.\n")
            handler(received, frame)

        if callable(handler):
            signal.signal(number, tell)

    def _close(self) -> None:
        if not self.phases:
            return
        phase = self.phases[-1]
        phase.seconds = time.monotonic() - phase.started
        if self.style != "plain" and phase.shown:
            self._print(progress.end_line(phase), _color("ERROR" if phase.failed else "CHANGED" if phase.changed else "OK"))
            for text in dict.fromkeys(phase.said):
                if text != self._outcome:  # which comes at the end
                    self._print(text)

    def _clear_before_others(self) -> None:
        """What anything else shows (a warning, news of a job) does not begin on what is left of the line."""
        process, show = os.getpid(), self._screen.display

        def display(*args: Any, **kwargs: Any) -> None:
            if os.getpid() == process and not kwargs.get("log_only"):
                os.write(1, b"\r\033[K")
            show(*args, **kwargs)

        self._screen.display = display

    def _print(self, text: str, color: str | None = None) -> None:
        self._screen.display(text, color=color)
        if self.log is not None:
            self._display.display(text)

    def _keep_line(self) -> None:
        """Of a thread of its own. It writes past Python's buffers, whose locks a forked worker would inherit."""
        while not self._over.wait(0.5):
            if not self.phases:
                continue
            phase = self.phases[-1]
            elapsed = time.monotonic() - phase.started
            line = progress.live_line(phase, elapsed, self._expected.get(phase.name), self._told(), _columns())
            os.write(1, f"\r\033[K{stringc(line, _color('HIGHLIGHT'))}\r".encode())

    def _told(self) -> str:
        """What a module on the controller says that it is doing, while it is."""
        try:
            return self._inside.read_text(encoding="utf-8").strip() if self._inside is not None else ""
        except OSError:
            return ""
