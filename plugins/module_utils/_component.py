# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a component is made of: the words in which the catalogue is written."""

from __future__ import annotations

from dataclasses import dataclass


class Value:
    """Where the text of a variable or an argument comes from."""


@dataclass(frozen=True)
class Lit(Value):
    """A value that is the same everywhere."""

    text: str


@dataclass(frozen=True)
class Cfg(Value):
    """A setting, written as text."""

    path: str


@dataclass(frozen=True)
class Upper(Value):
    """A setting in capital letters."""

    path: str


@dataclass(frozen=True)
class File(Value):
    """A file below a folder that a setting names."""

    folder: str
    name: str


@dataclass(frozen=True)
class Shared(Value):
    """A file of the shared tree as pods see it that have the whole tree in one place."""

    folder: str
    name: str


@dataclass(frozen=True)
class Address(Value):
    """`host:port` of another component's Service, as it resolves from wherever it is used."""

    component: str
    port: str = "port"


@dataclass(frozen=True)
class Database(Value):
    """Where the database is, as the components' client libraries take it."""


@dataclass(frozen=True)
class Sec(Value):
    """A key of a Secret: `ref` leads to {name, <key setting>}."""

    ref: str
    key: str


@dataclass(frozen=True)
class Env:
    """One variable; with `when`, only if that setting is not empty; with `database`, only for that type of it."""

    name: str
    value: Value
    when: str = ""
    database: str = ""


@dataclass(frozen=True)
class Volume:
    """A folder of the host, or with `claim`, the setting that names it, a volume claim. `mount` empty: the same path in the pod."""

    name: str
    source: str
    mount: str = ""
    read_only: bool = False
    # Buckets mounted on the host after the pod started have to show up in the pod (needs a shared mount on the host).
    propagate: bool = True
    # A missing folder is an event that names it, not an empty folder made behind everyone's back.
    kind: str = "Directory"
    claim: str = ""


@dataclass(frozen=True)
class Probe:
    """How to tell that a component serves: `port` is the name of a setting; without `path`, a connection is enough.

    With `mounts`, its folders must be there too. A bucket, or a folder inside one, stays dead in the pod when the bucket is mounted
    anew; only a new container sees the new mount.
    """

    port: str
    path: str = ""
    mounts: bool = False


@dataclass(frozen=True)
class Rule:
    """One RBAC rule in the core group."""

    resources: tuple[str, ...]
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Component:
    """Everything that tells one component from another."""

    key: str
    image: str
    ports: tuple[str, ...]
    ready: Probe
    alive: Probe
    env: tuple[Env, ...] = ()
    command: tuple[Value, ...] = ()
    volumes: tuple[Volume, ...] = ()
    # Rights in the namespace where coordinators and executors run, and in the whole cluster.
    rules: tuple[Rule, ...] = ()
    cluster_rules: tuple[Rule, ...] = ()
    # How it authenticates to Kubernetes: "token" (its own Secret, in an env) or "proxy" (a kubectl proxy beside it).
    access: str = ""
    # Its resolv.conf holds nameserver lines only.
    bare_dns: bool = False
    capabilities: tuple[str, ...] = ()
    # Mounting a bucket in the pod takes all rights on the node.
    privileged: bool = False
    # Why it runs as root, and why it may write beside its volumes; without a reason, it does not.
    root: str = ""
    writes: str = ""
    # Settings whose change restarts it: texts of files, and Secrets.
    watches: tuple[str, ...] = ()
    trusts: tuple[str, ...] = ()  # authorities of services that it speaks to
