# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came to a host with our packages and accounts, so that just that can go again."""

from __future__ import annotations

import re
import typing as t
from dataclasses import asdict, dataclass, field

# A server of databases: its settings and its data belong together.
SERVERS_OF_DATA = re.compile(r"^(postgresql(-\d+|-common|-server)?|mongodb-org.*)$")
# What programs make at work, which no package manager knows of.
TRACES = {
    "podman": ("/var/lib/containers", "/etc/cni", "/var/lib/cni"),
    "docker.io": ("/var/lib/docker", "/var/lib/containerd", "/etc/docker"),
    "postgresql-common": ("/etc/postgresql", "/var/lib/postgresql", "/var/log/postgresql"),
}


@dataclass(frozen=True)
class Things:
    """Names by kind. In a record, `folders` are those that the host had at its top, and where
    programs keep their things, before anything came.
    """

    packages: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, read: t.Mapping[str, t.Any]) -> Things:
        return cls(**{kind: tuple(sorted({str(name) for name in read.get(kind, [])})) for kind in cls.__dataclass_fields__})

    def plain(self) -> dict[str, list[str]]:
        return {kind: list(names) for kind, names in asdict(self).items()}

    def without(self, other: Things) -> Things:
        return Things.of({kind: set(names) - set(other.plain()[kind]) for kind, names in self.plain().items()})

    def also(self, other: Things) -> Things:
        return Things.of({kind: set(names) | set(other.plain()[kind]) for kind, names in self.plain().items()})

    def __bool__(self) -> bool:
        return any(self.plain().values())


@dataclass(frozen=True)
class Removal:
    """What goes now, and what stays with the reason."""

    purge: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    # Something is left for a later run, which has to know of it.
    goes_on: bool = False

    def lines(self) -> list[str]:
        """Each step in words."""
        words = (("purge", self.purge), ("remove", self.remove), ("delete user", self.users), ("delete group", self.groups))
        steps = [f"{verb} {name}" for verb, names in words for name in names]
        return steps + [f"delete {path}" for path in (*self.traces, *self.empty)]


def dpkg_packages(text: str) -> dict[str, str]:
    """State of each package (installed, or config-files for one whose settings are left) of `dpkg-query -W`."""
    states = {}
    for line in text.splitlines():
        name, _tab, status = line.partition("\t")
        state = status.split()[-1] if status.split() else ""
        if state in ("installed", "config-files", "half-configured", "half-installed", "unpacked"):
            states[name.split(":")[0]] = state
    return states


def apt_removals(text: str) -> set[str]:
    """Packages that a simulated `apt-get` would take away."""
    return {line.split()[1].split(":")[0] for line in text.splitlines() if line.startswith(("Remv ", "Purg "))}


def nobody_needs(names: t.Iterable[str], simulate: t.Callable[[list[str]], set[str]]) -> tuple[list[str], dict[str, str]]:
    """Those of the packages that can go without taking another one along, and for each of the others what needs it."""
    left, needed = sorted(names), {}
    # As a rule everything goes at once, and one question is enough.
    while left and simulate(left) - set(left):
        for name in list(left):
            others = simulate([name]) - set(left)
            if others:
                needed[name] = ", ".join(sorted(others))
                left.remove(name)
    return left, needed


def name_lists(passwd: str, group: str) -> tuple[list[str], list[str]]:
    """Accounts and groups of the host's own files."""
    return [line.split(":")[0] for line in passwd.splitlines() if line], [line.split(":")[0] for line in group.splitlines() if line]
