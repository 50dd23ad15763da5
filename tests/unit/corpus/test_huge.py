# SPDX-License-Identifier: Apache-2.0
"""Huge values, huge files and very many of a thing: an answer within ten seconds, and one that can be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.configs import server_config
from ansible_collections.neursafe.fl.plugins.filter.host_problems import host_problems
from ansible_collections.neursafe.fl.plugins.filter.problems import FILTERS
from ansible_collections.neursafe.fl.plugins.module_utils._api_server import api_server_objects
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects
from corpus import CONFIGS, base, inventory_problems, problems, put, quick_checksums, within
from soundness import faults
from test_corpus import LONGEST, SENTENCE

HUGE = 10 * 1024 * 1024
LIMIT = 10
MANY = 5000
PLACES = {
    "server": ("k8s.namespace", "proxy.service_name", "proxy.image", "proxy.token", "db.address", "db.name", "db.password", "db.type"),
    "server_pvc": ("storage.backend.pvc", "storage.models_dir", "job_scheduler.db_collection_name", "data_server.password"),
    "client": ("task_manager.server_address", "task_manager.external_address", "task_manager.image", "task_manager.runtime", "instance"),
    "standalone": ("server", "name", "root", "host", "extra_mounts.0", "datasets.ecg"),
    "object_store": ("endpoint", "access_key", "secret_key", "models_bucket", "root_password", "data_dirs.0"),
    "shared_storage": ("root", "region", "umask", "extra_options", "namespaces.0"),
    "directories": ("root", "selector", "mode"),
    "database": ("address", "name", "username", "type", "tables.0.name"),
    "images": ("registry", "tag", "platform", "select"),
    "api_server": ("api_server.ingress_class", "api_server.image", "fl_namespaces.0"),
    "cli": ("api_server", "data_server", "owner", "image"),
    "verification": ("api_url", "namespace"),
}
LISTS = ("extra_options", "select")


def answered(found: list[str]) -> list[str]:
    assert [text[:200] for text in found if len(text) > LONGEST or not SENTENCE.fullmatch(text)] == []
    return found


@pytest.mark.parametrize("sign", ["a", "/a", "{{ a }}", "ä:1"])
@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, all_of_it in PLACES.items() for path in all_of_it])
def test_a_huge_value_is_refused_soon(kind: str, path: str, sign: str) -> None:
    # The whole 10 MB for one sign; what takes longer for another one shows with a tenth of it.
    value = sign * ((HUGE if sign == "a" else HUGE // 10) // len(sign))
    tree = base(kind)
    put(tree, path, [value] if path in LISTS else value)
    with within(LIMIT):
        assert answered(problems(kind, tree))


@pytest.mark.parametrize(
    "name", ["nsfl_proxy_grpc_port", "nsfl_log_level", "nsfl_secure_logging", "nsfl_fl_namespaces", "nsfl_server_options"]
)
def test_a_huge_setting_is_refused_soon(name: str) -> None:
    with within(LIMIT):
        assert answered(inventory_problems({name: "a" * HUGE}))


def wide(parts: int) -> str:
    tree: dict[str, Any] = json.loads((CONFIGS / "server-2022.json").read_text(encoding="utf-8"))
    tree["job_scheduler"] |= {f"unknown_key_{number}": number for number in range(parts)}
    return json.dumps(tree, indent=1)


@pytest.mark.parametrize(
    "text",
    [
        *('{"job_scheduler": "' + "a" * HUGE + '"}', "[" * HUGE, '{"a":' * 100_000, "/*" * (HUGE // 2), " " * HUGE, wide(300_000)),
        *("[" * 100_000, "\n" * 200_000 + "x", '"' + "\\u0041" * 40_000, wide(3_000)),
    ],
    ids=["value", "brackets", "maps", "comments", "blanks", "keys", "less brackets", "lines", "escapes", "less keys"],
)
def test_a_huge_configuration_file_is_refused_soon(text: str) -> None:
    with within(LIMIT):
        assert answered(server_config(text)["problems"])


def test_many_clients_of_one_run_are_compared_soon() -> None:
    claims = {f"site-{number}": [{"setting": "nsfl_client_external_address", "value": f"192.0.2.1:{number}"}] for number in range(MANY)}
    claims["site-7"] = claims["site-8"]
    with within(LIMIT):
        found = [text for host in claims for text in FILTERS["client_clashes"](claims, host)]
    assert len(answered(found)) == 2


def test_problems_of_many_hosts_are_gathered_soon() -> None:
    facts = {
        f"site-{number}": {"__nsfl_client_problems": [f"nsfl_client_port: {number} is taken; choose another"]} for number in range(MANY)
    }
    with within(LIMIT):
        assert len(host_problems(facts)) == MANY


def test_a_client_of_many_folders_and_data_sets_is_rendered_soon() -> None:
    tree = base("client")
    tree["task_manager"] |= {
        "extra_volumes": [{"name": f"v{number}", "source": f"/srv/v{number}"} for number in range(MANY)],
        "datasets": {f"set {number}": f"/srv/v{number}/x" for number in range(MANY)},
    }
    with within(LIMIT), quick_checksums():
        assert problems("client", tree) == []
        assert faults(client_objects(tree)) == []


def test_many_fl_namespaces_are_checked_and_rendered_soon() -> None:
    names = [f"team-{number}" for number in range(MANY)]
    with within(LIMIT):
        for kind in ("object_store", "shared_storage"):
            assert problems(kind, base(kind) | {"namespaces": names}) == []
        tree = base("api_server") | {"fl_namespaces": names}
        assert problems("api_server", tree) == []
        assert faults(api_server_objects(tree)) == []


def test_many_wrong_names_are_told_in_a_few_lines() -> None:
    tree = base("api_server") | {"fl_namespaces": [f"Team_{number}" for number in range(MANY)]}
    with within(LIMIT):
        assert len(answered(problems("api_server", tree))) == 1
