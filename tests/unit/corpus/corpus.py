# SPDX-License-Identifier: Apache-2.0
"""Sound settings, one change at a time, and what the collection says of the result.

A case names a kind of check, and what it changes (`set`: dotted paths and values) or gives in place of it (`text`, `variables`).
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.neursafe.fl.plugins.filter.configs import client_config, server_config
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS
from ansible_collections.neursafe.fl.plugins.filter.standalone_client import FilterModule as StandaloneFilter
from ansible_collections.neursafe.fl.plugins.lookup.setting_problems import LookupModule
from ansible_collections.neursafe.fl.plugins.module_utils import _pod

HERE = Path(__file__).parent
CONFIGS = HERE.parent / "configs"
Tree = dict[str, Any]
_ABSENT = "(absent)"
_STANDALONE = StandaloneFilter().filters()["standalone_client"]


def _read(path: Path) -> Any:
    return _written_out(yaml.safe_load(path.read_text(encoding="utf-8")))


def _written_out(value: Any) -> Any:
    """With `{repeat: text, times: n, before: text}` for what is too long, `{code_point: n, before: text}` for what YAML cannot have."""
    if isinstance(value, list):
        return [_written_out(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() - {"before"} == {"repeat", "times"}:
        return value.get("before", "") + value["repeat"] * value["times"]
    if value.keys() - {"before"} == {"code_point"}:
        return value.get("before", "") + chr(value["code_point"])
    return {key: _written_out(item) for key, item in value.items()}


@cache
def bases() -> dict[str, Tree]:
    """Sound settings by kind."""
    return dict(_read(HERE / "bases.yml"))


def base(kind: str) -> Tree:
    """A copy of them, to be changed."""
    return deepcopy(bases()[kind])


@cache
def cases() -> dict[str, Tree]:
    """Every wrong input, by its id."""
    found: dict[str, Tree] = {}
    for path in sorted(HERE.glob("B*.yml")):
        for case in _read(path):
            assert case["id"] not in found, f"{case['id']} is there twice"
            assert case["id"].startswith(path.stem.split("_")[0] + "-"), f"{case['id']} is of another class than {path.name}"
            found[case["id"]] = case
    return found


def put(tree: Any, path: str, value: Any) -> None:
    """Change the value at a dotted path, or take it away."""
    parts: list[Any] = [int(part) if part.isdecimal() else part for part in path.split(".")]
    *parents, last = parts
    for part in parents:
        tree = tree[part] if isinstance(tree, list) else tree.setdefault(part, {})
    if value == _ABSENT:
        del tree[last]
    else:
        tree[last] = value


def config_text(case: Mapping[str, Any]) -> str:
    """The configuration file of a case: a good one with changed values, or with a piece of its text replaced."""
    if "text" in case:
        return str(case["text"])
    text = (CONFIGS / f"{'server' if case['kind'].startswith('server') else 'client'}-{case.get('shape', 2022)}.json").read_text("utf-8")
    for old, new in case.get("replace", {}).items():
        assert old in text, old
        text = text.replace(old, str(new), 1)
    if "set" not in case:
        return text
    tree = json.loads(text)
    for path, value in case["set"].items():
        put(tree, path, value)
    return json.dumps(tree, ensure_ascii=False)


def inventory_problems(variables: Mapping[str, Any]) -> list[str]:
    """What the first look at an inventory finds, templates and all."""
    trusted = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in variables.items()}
    plugin = LookupModule(loader=DataLoader(), templar=Templar(DataLoader(), variables=trusted))
    plugin.set_options = lambda var_options, direct: None
    return list(plugin.run([], trusted))


def problems(kind: str, settings: Tree) -> list[str]:
    """What the collection says of settings of one kind."""
    if kind == "standalone":
        return list(_STANDALONE(settings)["problems"])
    return FILTERS[f"{kind.removesuffix('_pvc')}_problems"](settings)


def told(case: Mapping[str, Any]) -> list[str]:
    """Everything that is said of a case."""
    kind = case["kind"]
    if kind == "inventory":
        return inventory_problems(case["variables"])
    if kind in ("server_config", "client_config"):
        return list((server_config if kind == "server_config" else client_config)(config_text(case))["problems"])
    settings = base(kind)
    for path, value in case["set"].items():
        put(settings, path, value)
    return problems(kind, settings)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Ends whatever takes longer."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer within {seconds} s")

    before: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def quick_checksums() -> Iterator[None]:
    """The checksum of a pod template is slow on purpose, and of no account here."""
    slow = _pod.pbkdf2_hmac
    _pod.pbkdf2_hmac = lambda _name, secret, salt, _rounds: slow("sha256", secret, salt, 1)
    try:
        yield
    finally:
        _pod.pbkdf2_hmac = slow
