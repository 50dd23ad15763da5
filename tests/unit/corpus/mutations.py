# SPDX-License-Identifier: Apache-2.0
"""Sound settings and configuration files with one to three things wrong, the same ones for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from ansible_collections.neursafe.fl.plugins.filter.configs import client_config, server_config
from ansible_collections.neursafe.fl.plugins.module_utils import _render
from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._settings import (
    CLIENT_DEFAULTS,
    CLIENT_DEFAULTS_2024,
    SERVER_DEFAULTS,
    SERVER_DEFAULTS_2024,
    completed,
)
from corpus import CONFIGS, Tree, base, problems, put
from soundness import faults

SEED = 20220901
KINDS = ("server", "server_pvc", "client", "client_pvc", "server_config", "client_config")
DEFAULTS = {"server": SERVER_DEFAULTS, "server_pvc": SERVER_DEFAULTS_2024, "client": CLIENT_DEFAULTS, "client_pvc": CLIENT_DEFAULTS_2024}
OBJECTS: dict[str, Callable[[Tree], list[Tree]]] = {
    "server": _render.server_objects,
    "client": _render.client_objects,
    "api_server": api_server_objects,
}

WRONG: tuple[Any, ...] = (
    *(None, "", " ", [], {}, True, False, 0, -1, 1, 80, 8088, 30091, 32768, 65536, 10**12, 1.5, "0", "30091", " 30099 ", "yes", "True"),
    *(
        "a" * 63,
        "a" * 64,
        "a" * 254,
        "x" * 5000,
        "A",
        "ä",
        "a_b",
        "a.b",
        "-a",
        "a-",
        "a/b",
        "../../etc",
        "%2e%2e",
        "~",
        "/",
        "//",
        "/x/../y",
    ),
    *("/mnt/x", "/mnt/x/", "/mnt//x", "/mnt/x y", "/mnt/x:y", "/mnt/\0", "mnt/x", ".", "..", "a:1", "a:0", "a:70000", "192.0.2.9:5432"),
    *(
        "192.0.2.9.5432",
        "[::1]:80",
        "http://a:1",
        "http://u:canary@a:1",
        "u:canary@a:1",
        "mongodb://a:1,b:2/?x=y",
        "postgres",
        "s3",
        "posix",
        "pvc",
    ),
    *(
        "{{ x }}",
        "{% x %}",
        "{{ lookup('pipe', 'id') }}",
        "$(id)",
        "`id`",
        "; reboot",
        "a' or '1'='1",
        'a"b',
        "a\nb",
        "a\tb",
        "a: b",
        "#a",
        "\ud83d",
    ),
    *("10.96.0.10", "1e3", "nan", "nsfl-proxy", "nsfl-job-scheduler", "pgsecret", "default", "kube-system", "nvidia.com/gpu", "x@sha256:1"),
    *(["a"], ["a", "a"], [None], [["a"]], {"a": 1}, {"a": {"b": None}}, {"name": "scans", "source": "/srv/scans"}, [{"name": "x"}]),
    *({"requests": {"cpu": "1"}}, {"limits": {"memory": "x"}}, {"Deployment": {"spec": {"replicas": 2}}}, {"Service": 5}, {"A": "{{ x"}),
)


@dataclass(frozen=True)
class Mutation:
    """`tree` are settings; of a configuration file it is the file's text."""

    kind: str
    number: int
    what: str
    tree: Any


def paths(tree: Any, above: str = "") -> Iterator[str]:
    """Every place in a tree, maps and lists included."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        path = f"{above}.{key}" if above else str(key)
        yield path
        yield from paths(value, path)


def settings_paths(kind: str) -> list[str]:
    """What a role hands over is whole: a value may be wrong, and its part of the tree is there."""
    tree = completed(base(kind), DEFAULTS[kind])
    # What the cluster is asked for, and what is a part and no value.
    parts = {path for path in paths(tree) if isinstance(_at(tree, path), dict) and path.split(".")[-1] not in _MAPS}
    return [path for path in paths(tree) if path not in parts and path not in _NOT_THE_USERS]


_MAPS = ("options", "resources", "patch", "setup", "datasets")
_NOT_THE_USERS = (
    "k8s.work_namespace",
    "proxy.config",
    "client_selector.config",
    "task_manager.config",
    "k8s.api_token_ref.name",
    "k8s.api_token_ref.key",
    "proxy.token_ref.key",
)
# Asked from the cluster where it is left empty.
_MAY_BE_EMPTY = ("k8s.cluster_dns",)


def _at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree


def mutations(kind: str, count: int, seed: int = SEED) -> Iterator[Mutation]:
    """The first `count` of a kind."""
    for number in range(count):
        random = Random(f"{seed} {kind} {number}")
        yield _of_a_file(kind, number, random) if kind.endswith("_config") else _of_settings(kind, number, random)


def _of_settings(kind: str, number: int, random: Random) -> Mutation:
    tree, told = base(kind), []
    for _again in range(random.choice((1, 1, 2, 3))):
        path, value = random.choice(settings_paths(kind)), deepcopy(random.choice(WRONG))
        if path in _MAY_BE_EMPTY and value in ("", None):
            continue
        try:
            put(tree, path, value)
        except (TypeError, KeyError, IndexError, AttributeError):
            continue  # another change has taken its place away
        told.append(f"{path}: {value!r:.80}")
    return Mutation(kind, number, "; ".join(told), tree)


def _of_a_file(kind: str, number: int, random: Random) -> Mutation:
    name = f"{kind.removesuffix('_config')}-{random.choice(('2022', '2022', '2024-claim'))}.json"
    text = (CONFIGS / name).read_text(encoding="utf-8")
    if random.random() < 0.3:
        for _again in range(random.choice((1, 2, 5))):
            at = random.randrange(len(text))
            piece = random.choice(("", *'{}[]",:\\/#\n\0', "//", "/*", "NaN", "True", "\ufeff", "é", "1e999"))
            text = text[:at] + piece + text[at + random.choice((0, 1, 20)) :]
        return Mutation(kind, number, f"{name}: its text", text)
    tree, told = json.loads(text), []
    for _again in range(random.choice((1, 1, 2, 3))):
        path, value = random.choice(list(paths(tree))), deepcopy(random.choice(WRONG))
        path += random.choice(("", "", "", "", "s", ".further"))
        try:
            put(tree, path, random.choice((value, value, value, "(absent)")))
        except (TypeError, KeyError, IndexError, AttributeError):
            continue
        told.append(f"{path}: {value!r:.80}")
    return Mutation(kind, number, f"{name}: {'; '.join(told)}", json.dumps(tree))


# Roles whose settings are looked at with their types as they should be, which the first look at an inventory sees to.
ROLES = ("standalone", "api_server", "object_store", "shared_storage", "directories", "database", "images", "cli", "verification")
_OF_TYPE: dict[type, list[Any]] = {kind: [value for value in WRONG if isinstance(value, kind)] for kind in (bool, int, float, str)}
_OF_TYPE[int] = [value for value in _OF_TYPE[int] if not isinstance(value, bool)]
_OF_TYPE |= {list: [[], ["a"], ["a", "a"], ["../x"], ["{{ x }}"], ["u:canary@a:1"], [""]], dict: [{}, {"a": "b"}, {"a b": "/x"}]}
# Chosen by the role itself, or of a shape that the spec of the setting sees to.
_FIXED = ("layout", "folders", "tasks", "tables", "extra_users", "catalogue")


def typed_mutations(kind: str, count: int, seed: int = SEED) -> Iterator[Mutation]:
    """Of a role's settings: other values of the same types."""
    for number in range(count):
        random, tree, told = Random(f"{seed} {kind} {number}"), base(kind), []
        for _again in range(random.choice((1, 1, 2, 3))):
            path = random.choice([path for path in paths(tree) if path not in _FIXED and " " not in path])
            value = deepcopy(random.choice(_OF_TYPE[type(_at(tree, path))]))
            put(tree, path, value)
            told.append(f"{path}: {value!r:.80}")
        yield Mutation(kind, number, "; ".join(told), tree)


@dataclass(frozen=True)
class Outcome:
    """Refused with problems, or accepted with the objects that it makes."""

    problems: list[str]
    objects: list[Tree]
    faults: list[str]


def outcome(mutation: Mutation) -> Outcome:
    """What becomes of it."""
    kind, settings = mutation.kind, mutation.tree
    if kind.endswith("_config"):
        config = (server_config if kind == "server_config" else client_config)(settings)
        if config["problems"]:
            return Outcome(config["problems"], [], [])
        settings = config["settings"]
        # What is not in the file, and the role adds.
        settings["k8s"] |= {"cluster_dns": "10.96.0.10", "kubectl_image": "registry.example:5000/kubectl:1"}
    side = kind if kind in ROLES else kind.split("_")[0]
    found = problems(side, settings)
    if found or side not in OBJECTS:
        return Outcome(found, [], [])
    objects = OBJECTS[side](settings)
    if kind == "api_server":
        return Outcome([], objects, faults(objects, frozenset(map(str, settings["api_server"].get("annotations") or ()))))
    own = settings.get("task_manager", {}).get("options") or {}
    own = {**own, **{name: 1 for part in settings.values() if isinstance(part, dict) for name in part.get("options") or ()}}
    return Outcome([], objects, faults(objects, frozenset(map(str, own)) | {"WORKER_HTTP_PROXY", "WORKER_HTTPS_PROXY"}))
