# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build and push planned images: those they start from first, independent ones side by side, with progress in a file."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import time
import typing as t
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import Builder, BuilderError
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlannedImage
from ansible_collections.neursafe.fl.plugins.module_utils._telling import tell

_PRIVATE_PREFIX = "run."
# A signal that comes in the moment before a wait is answered after it, so no wait is long.
_LONGEST_WAIT = 1.0
_ASKED_EVERY = 0.3
LOGS = "logs"
_PROGRESS = "progress.log"


class Progress:
    """One line per phase in a file that a person can follow, and the seconds of each for the result."""

    def __init__(self, folder: Path, images: int = 0) -> None:
        self.path = folder / _PROGRESS
        self.seconds: dict[str, dict[str, float]] = {}
        self._images = images
        self._done: set[str] = set()
        self._at_work: dict[str, str] = {}
        self.path.write_text("", encoding="utf-8")

    @contextmanager
    def phase(self, image: str, name: str) -> t.Iterator[None]:
        """Note when a phase starts and how it ends."""
        start = time.monotonic()
        self._done.discard(image)
        self._at_work[image] = name
        self._line(f"{image}: {name} …")
        try:
            yield
        except BaseException:
            self._line(f"{image}: {name} FAILED after {time.monotonic() - start:.1f} s")
            raise
        finally:
            del self._at_work[image]
        self._done.add(image)
        spent = round(time.monotonic() - start, 1)
        self.seconds.setdefault(image, {})[name] = spent
        self._line(f"{image}: {name} done in {spent} s")

    @staticmethod
    def written(folder: Path) -> list[str]:
        """The lines of a run that is at work, or was."""
        return (folder / _PROGRESS).read_text(encoding="utf-8").splitlines()

    def _line(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as output:
            output.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        now = ", ".join(f"{verb} {image}" for image, verb in list(self._at_work.items()))
        tell(f"images: {len(self._done)} of {self._images} done{f'; {now}' if now else ''}")


@contextmanager
def sole_run(cache: Path, patience: float) -> t.Iterator[Path]:
    """Hold the cache folder for this run alone; gives a private folder that is gone afterwards, however the run ends.

    One that is at work is waited for, `patience` seconds at most: it may be what this run itself has begun with.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("a+", encoding="utf-8") as lock:
        _have(lock, cache, time.monotonic() + patience)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        # A run that was killed could not take its private folder, with the registry's account in it, away.
        for leftover in cache.glob(f"{_PRIVATE_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_PRIVATE_PREFIX, dir=cache))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _have(lock: t.TextIO, cache: Path, until: float) -> None:
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= until:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise BuilderError(f"another run (process {holder}) builds images with {cache}; wait for it or end it") from error
        with suppress(OSError, IndexError):
            tell(f"images: {Progress.written(cache / LOGS)[-1]}")
        time.sleep(_ASKED_EVERY)


@contextmanager
def stopped_by_signals(builder: Builder) -> t.Iterator[None]:
    """On TERM or INT end the builder's commands too, and leave through the usual way out so that nothing private stays."""

    def leave(number: int, _frame: t.Any) -> None:
        builder.stop()
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def in_dependency_order(images: t.Sequence[PlannedImage], work: t.Callable[[PlannedImage], None], parallel: int) -> None:
    """Do the work for each image once those it needs are done; after a failure start no more, but let the running ones end."""
    waiting = list(images)
    unfinished = {image.name for image in images}
    running: dict[Future[None], PlannedImage] = {}
    failures: list[BaseException] = []
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        while running or (waiting and not failures):
            for image in list(waiting):
                if failures or len(running) >= parallel:
                    break
                if not unfinished.intersection(image.needs):
                    waiting.remove(image)
                    running[pool.submit(work, image)] = image
            finished, _rest = wait(running, timeout=_LONGEST_WAIT, return_when=FIRST_COMPLETED)
            for future in finished:
                image = running.pop(future)
                error = future.exception()
                if error is not None:
                    failures.append(error)
                else:
                    unfinished.discard(image.name)
    if failures:
        not_started = [image.name for image in waiting]
        rest = f"\nnot started: {', '.join(not_started)}" if not_started else ""
        raise BuilderError("\n".join(str(error) for error in failures) + rest)
