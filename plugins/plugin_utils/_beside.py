# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a process of its own beside a run, that ends at the latest when ansible-playbook does."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

from ansible_collections.neursafe.fl.plugins.module_utils._run_lock import alive, begun
from ansible_collections.neursafe.fl.plugins.module_utils._telling import PLACE

_LOOKED_EVERY = 0.3


def leave_behind(work: Callable[[], object]) -> None:
    """Do it apart from the run, where the terminal's signals do not reach it and nobody sees what it says."""
    if os.fork():
        return
    try:
        os.setsid()
        os.environ.pop(PLACE, None)  # the line on the screen is that of the run's own tasks
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not what Ansible does then
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.closerange(3, 4096)
        work()
    finally:
        os._exit(0)


def while_alive(process: int, start: str) -> Iterator[None]:
    """A turn every third of a second, until that process has ended."""
    while alive(process, start):
        time.sleep(_LOOKED_EVERY)
        yield


def end_with(process: int) -> None:
    """Have this process get a TERM, as from a person, once that one has ended."""
    start = begun(process)

    def look() -> None:
        for _turn in while_alive(process, start):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()
