# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes on a host what came to it, in a file, and takes that away again."""

from __future__ import annotations

import json
import os
import shutil
import time
import typing as t
from dataclasses import replace
from pathlib import Path

from ansible_collections.neursafe.fl.plugins.module_utils._host_record import (
    SERVERS_OF_DATA,
    TRACES,
    Removal,
    Things,
    apt_removals,
    dpkg_packages,
    name_lists,
    nobody_needs,
)

Run = t.Callable[..., tuple[int, str, str]]
# A note of before from a run that was killed longer ago says too little: somebody else may have installed something since.
_STALE = 3600
_DPKG = ["dpkg-query", "-W", "-f", "${Package}\\t${Status}\\n"]


class Host:
    """One Debian-like host. On others nothing is noted, so nothing is taken away."""

    def __init__(self, run: Run, folder: Path, root: Path = Path("/")) -> None:
        self._run, self._root = run, root
        self._folder, self._record, self._before = folder, folder / "made.json", folder / "made.before.json"

    def known(self) -> bool:
        return shutil.which("dpkg-query") is not None

    def _states(self) -> dict[str, str]:
        return dpkg_packages(self._run(_DPKG)[1]) if self.known() else {}

    def now(self) -> Things:
        users, groups = name_lists(*((self._root / "etc" / name).read_text(encoding="utf-8") for name in ("passwd", "group")))
        tops = [f"/{top}{path.name}" for top in ("", "etc/", "var/lib/", "var/log/") for path in self._root.glob(f"{top}*")]
        return Things.of({"packages": self._states(), "users": users, "groups": groups, "folders": tops})

    def recorded(self) -> Things:
        return Things.of(json.loads(self._record.read_text(encoding="utf-8"))) if self._record.exists() else Things()

    def begin(self) -> None:
        """Note what there is, unless a run that was killed a moment ago has done so."""
        now = self.now()
        if not self._record.exists():
            self._write(self._record, Things(folders=now.folders))
        if not self._before.exists() or time.time() - self._before.stat().st_mtime > _STALE:
            self._write(self._before, now)

    def note(self) -> Things:
        """Add to the record what has come since."""
        if not self._before.exists():
            return Things()
        before = Things.of(json.loads(self._before.read_text(encoding="utf-8")))
        new = replace(self.now(), folders=()).without(before).without(self.recorded())
        if new:
            self._write(self._record, self.recorded().also(new))
        self._before.unlink()
        return new

    def _write(self, path: Path, things: Things) -> None:
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(things.plain(), indent=1) + "\n", encoding="utf-8")
        temporary.chmod(0o600)
        os.replace(temporary, path)

    # --- leaving -----------------------------------------------------------------------------------------------------

    def plan(self, delete_data: bool, database: str, folders: t.Sequence[str]) -> Removal:
        """What of the record goes now."""
        record, states = self.recorded(), self._states()
        there = {name for name in record.packages if name in states}
        kept: dict[str, str] = {}
        data = {name for name in there if SERVERS_OF_DATA.match(name)}
        strangers = self._other_databases(database) if any(states[name] == "installed" for name in data) else []
        if strangers:
            there -= data
            kept |= dict.fromkeys(sorted(data), f"the server has other databases ({', '.join(strangers)})")
            data = set()
        purge = {name for name in there if delete_data or name not in data}
        remove = {name for name in there - purge if states[name] == "installed"}
        kept |= dict.fromkeys(sorted(there - purge), "its data and settings stay")
        free, needed = nobody_needs(purge | remove, self._simulate)
        kept |= {name: f"{by} needs it" for name, by in needed.items()}
        purge, remove = purge & set(free), remove & set(free)
        users, groups = self._accounts(record, delete_data, bool(strangers), kept)
        # What was there before the package is another program's.
        later = [path for name in sorted(purge) for path in TRACES.get(name, ()) if record.folders and path not in record.folders]
        traces = [path for path in later if self._at(path).exists()]
        # Of a folder at the top nobody knows whose it is, unless the record says that it came later.
        ours = [self._at(path) for path in folders if path.count("/") > 1 or (record.folders and path not in record.folders)]
        there_now = {path for path in ours if path.exists()}
        empty = self._empty(ours, {self._record, self._before})
        goes_on = bool(kept) or bool(there_now - set(empty))
        empty = self._empty(ours, set()) if goes_on else empty
        return Removal(sorted(purge), sorted(remove), users, groups, traces, [str(path) for path in empty], kept, goes_on)

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def _other_databases(self, database: str) -> list[str]:
        statement = "SELECT datname FROM pg_database WHERE NOT datistemplate"
        code, said, _error = self._run(["runuser", "-u", "postgres", "--", "psql", "-qtAX", "-c", statement], cwd="/")
        # One that cannot be asked may hold anything.
        return sorted(set(said.split()) - {"postgres", database}) if code == 0 else ["it does not answer"]

    def _simulate(self, names: list[str]) -> set[str]:
        code, said, error = self._run(["apt-get", "-s", "-q", "remove", *names])
        if code != 0:
            raise RuntimeError(f"apt-get cannot say what the removal of packages would take along: {(error or said).strip()}")
        return apt_removals(said)

    def _accounts(self, record: Things, delete_data: bool, strangers: bool, kept: dict[str, str]) -> tuple[list[str], list[str]]:
        now = self.now()
        users, groups = ([name for name in getattr(record, kind) if name in getattr(now, kind)] for kind in ("users", "groups"))
        if delete_data and not strangers:
            return users, groups
        kept |= dict.fromkeys(users, "its data stays")
        return [], []

    def _empty(self, folders: t.Sequence[Path], but: set[Path]) -> list[Path]:
        """Those of the folders in which there is nothing but others of them, the innermost first."""
        gone: list[Path] = []
        for path in sorted(folders, key=lambda one: len(one.parts), reverse=True):
            plain = path.is_dir() and not path.is_symlink() and not os.path.ismount(path)
            if plain and set(path.iterdir()) <= {*gone, *but}:
                gone.append(path)
        return gone

    def leave(self, plan: Removal) -> None:
        """Accounts after the packages whose programs run as them; the record last, so that a killed run is finished by the next."""
        # In a purge apt also purges what it has to take along, so what keeps its data goes before.
        for verb, names in (("remove", plan.remove), ("purge", plan.purge)):
            if names:
                self._must(["apt-get", "-y", "-q", verb, *names], environ_update={"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})
        for user in plan.users:
            if user in self.now().users:
                self._must(["userdel", user])
        for group in plan.groups:
            if group in self.now().groups:
                self._must(["groupdel", group])
        for path in plan.traces:
            shutil.rmtree(self._at(path), ignore_errors=True)
        self._forget(plan)
        for path in plan.empty:
            Path(path).rmdir()

    def _forget(self, plan: Removal) -> None:
        """Keep in the record what is still there."""
        record, now = self.recorded(), self.now()
        left = Things.of({kind: set(names) & set(now.plain()[kind]) for kind, names in record.plain().items() if kind != "folders"})
        self._before.unlink(missing_ok=True)
        if not plan.goes_on:
            self._record.unlink(missing_ok=True)
        elif record:
            self._write(self._record, replace(left, folders=record.folders))

    def _must(self, command: list[str], **options: t.Any) -> None:
        code, said, error = self._run(command, **options)
        if code != 0:
            raise RuntimeError(f"{' '.join(command)}: {(error or said).strip()[-500:]}")
