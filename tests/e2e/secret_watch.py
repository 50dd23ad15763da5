# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets in texts and files, and in the processes of this machine, hosts of the lab included, while something is at work."""

from __future__ import annotations

import base64
import threading
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from platform_hands import STATE

_SHORTEST = 8


def forms(value: str) -> set[bytes]:
    """The secret as it is, as a URL has it, and in base64 at each of the three places where it may begin there."""
    found = {value.encode(), urllib.parse.quote(value, safe="").encode()}
    for before in range(3):
        text = base64.b64encode(b"\0" * before + value.encode())
        # The first and last letters have bits of the neighbours in them.
        found.add(text[(0, 2, 3)[before] : len(text) // 4 * 4 - 4])
    return {form for form in found if len(form) >= _SHORTEST}


def secrets() -> dict[str, str]:
    """The platform's own, by name."""
    return {name: str(value) for name, value in yaml.safe_load((STATE / "secrets.yml").read_text(encoding="utf-8")).items()}


def found_in(text: bytes, values: dict[str, str]) -> set[str]:
    """The names of the secrets that a text gives away."""
    return {name for name, value in values.items() if any(form in text for form in forms(value))}


def found_below(folders: Iterable[Path], values: dict[str, str]) -> set[str]:
    files = [path for folder in folders for path in [folder, *folder.rglob("*")] if path.is_file()]
    return {f"{name} in {path}" for path in files for name in found_in(path.read_bytes(), values)}


@contextmanager
def watched_processes(values: dict[str, str]) -> Iterator[dict[str, str]]:
    """While it is open: each process that has a secret in its arguments, or, if it began meanwhile outside of pods, in its environment."""
    needles = {name: forms(value) for name, value in values.items()}
    before = {path.name for path in Path("/proc").iterdir()}
    seen: dict[str, str] = {}
    looks = [0]
    end = threading.Event()

    def look() -> None:
        for process in (path for path in Path("/proc").iterdir() if path.name.isdecimal()):
            try:
                words = (process / "cmdline").read_bytes()
                is_new = process.name not in before and b"kubepods" not in (process / "cgroup").read_bytes()
                texts = {"arguments": words, "environment": (process / "environ").read_bytes() if is_new else b""}
            except OSError:  # it has ended meanwhile
                continue
            for where, text in texts.items():
                for name in (name for name, wanted in needles.items() if any(form in text for form in wanted)):
                    seen[f"{name} in the {where} of {words.split(bytes(1))[0].decode(errors='replace')}"] = process.name
        looks[0] += 1

    def loop() -> None:
        while not end.wait(0.05):
            look()

    watcher = threading.Thread(target=loop)
    watcher.start()
    try:
        yield seen
    finally:
        end.set()
        watcher.join()
        assert looks[0] > 1, "nobody has looked"
