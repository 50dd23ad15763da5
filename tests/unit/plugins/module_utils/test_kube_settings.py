# SPDX-License-Identifier: Apache-2.0
"""What is refused before any connection is made, and with which words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.unknown_components import unknown_components
from ansible_collections.neursafe.fl.plugins.module_utils._client_checks import client_problems
from ansible_collections.neursafe.fl.plugins.module_utils._server_checks import server_problems
from ansible_collections.neursafe.fl.plugins.module_utils._settings import server_settings

IMAGES = {"job_scheduler", "client_selector", "model_manager", "proxy", "coordinator"}


def server(**more: dict[str, Any]) -> dict[str, Any]:
    base: dict[str, Any] = {name: {"image": f"r:5000/{name}:1"} for name in IMAGES}
    base["db"] = {"address": "10.0.0.3:5432"}
    return {**base, **{key: {**base.get(key, {}), **value} for key, value in more.items()}}


def client(**more: dict[str, Any]) -> dict[str, Any]:
    base: dict[str, Any] = {
        "task_manager": {"image": "tm:1", "server_address": "10.0.0.1:30091", "external_address": "10.0.0.2:30090"},
        "k8s": {"kubectl_image": "r:5000/kubectl:1"},
        "db": {"address": "10.0.0.3:5432"},
    }
    return {**base, **{key: {**base.get(key, {}), **value} for key, value in more.items()}}


def test_sound_settings_have_no_problem() -> None:
    assert server_problems(server()) == [] and client_problems(client()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"proxy": {"grpc_port": 9001}}, "nsfl_server_proxy_grpc_port: 9001 is outside the NodePort range"),
        ({"proxy": {"http_port": 30091}}, "nsfl_server_proxy_http_port: 30091 is the gRPC port too"),
        ({"proxy": {"grpc_port": "many"}}, "nsfl_server_proxy_grpc_port: 'many' is no whole number"),
        ({"proxy": {"external": "maybe"}}, "nsfl_server_proxy_external: 'maybe' is no boolean"),
        ({"proxy": {"token": "two words"}}, "nsfl_server_proxy_token: has characters"),
        ({"proxy": {"log_level": "verbose"}}, "nsfl_server_proxy_log_level: 'verbose' is not known"),
        (
            {"job_scheduler": {"service_name": "Job_Scheduler"}},
            "nsfl_server_job_scheduler_service_name: 'Job_Scheduler' is no Service name",
        ),
        ({"job_scheduler": {"service_name": "nsfl-proxy"}}, "is the name of job_scheduler too"),
        ({"job_scheduler": {"port": 70000}}, "nsfl_server_job_scheduler_port: 70000 is no usable port"),
        (
            {"job_scheduler": {"coordinator_configs_dir": "/abs"}},
            "nsfl_server_job_scheduler_coordinator_configs_dir: '/abs' is no path below",
        ),
        ({"job_scheduler": {"coordinator_configs_dir": "../../etc"}}, "is no path below the shared root"),
        ({"job_scheduler": {"options": {"A-B": 1}}}, "nsfl_server_options.job_scheduler: no environment variable: A-B"),
        ({"job_scheduler": {"patch": {"Deplyoment": {}}}}, "nsfl_server_patches.job_scheduler: no such kind: Deplyoment"),
        ({"job_scheduler": {"db_collection_name": "jobs; drop"}}, "nsfl_server_job_scheduler_db_collection_name"),
        ({"job_scheduler": {"volumes": {"workspace": {"source": "mnt"}}}}, "nsfl_server_root: 'mnt' is no absolute path"),
        ({"job_scheduler": {"image": "no image"}}, "nsfl_server_images.job_scheduler: 'no image' is no image name"),
        ({"client_selector": {"port": 80}}, "nsfl_server_client_selector_port: 80 is no usable port"),
        ({"db": {"type": "PostgreSQL"}}, "nsfl_server_database_type: 'PostgreSQL' is not known; write postgreSQL"),
        ({"db": {"type": "MongoDB"}}, "write mongo"),
        ({"db": {"address": "10.67.134.15.9001"}}, "write 10.67.134.15:9001"),
        ({"db": {"address": "[::1]:5432"}}, "nsfl_server_database_address: '[::1]:5432' is no HOST:PORT"),
        ({"db": {"username": "u"}}, "nsfl_server_database_password: user and password go together"),
        ({"storage": {"type": "S3"}}, "nsfl_server_storage_type: 'S3' is not known; write s3"),
        ({"storage": {"type": "s3"}}, "nsfl_server_storage_address: is empty"),
        ({"storage": {"address": "10.0.0.4:9000"}}, "nsfl_server_storage_address: '10.0.0.4:9000' is no URL"),
        ({"others": {"log_level": "loud"}}, "nsfl_server_log_level: 'loud' is not known"),
        ({"k8s": {"namespace": "a/b"}}, "nsfl_server_namespace: 'a/b' is no Kubernetes name"),
        ({"k8s": {"cluster_dns": "kube-dns"}}, "nsfl_server_cluster_dns: 'kube-dns' is no IPv4 address"),
        ({"k8s": {"address": "https://k:443"}}, "nsfl_server_kubernetes_address"),
    ],
)
def test_a_mistake_is_named_with_cause_and_fix(change: dict[str, Any], words: str) -> None:
    problems = server_problems(server(**change))
    assert len(problems) == 1 and words in problems[0] and "; " in problems[0], problems


def test_all_problems_come_at_once() -> None:
    problems = server_problems(server(proxy={"grpc_port": 1, "http_port": 0}, db={"type": "x"}, others={"log_level": "y"}))
    assert len(problems) == 4


def test_the_password_is_in_no_message() -> None:
    assert "canary" not in str(server_problems(server(db={"password": "canary"}, proxy={"token": "canary \n"})))


def test_what_is_certain_is_taken_as_meant() -> None:
    tree = server_settings(server(proxy={"grpc_port": "30095", "external": "False"}))
    assert tree["proxy"]["grpc_port"] == 30095 and tree["proxy"]["external"] is False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task_manager": {"port": 9090}}, "nsfl_client_port: 9090 is outside the NodePort range"),
        ({"task_manager": {"external_address": "0.0.0.0:30090"}}, "leads the server to itself"),
        ({"task_manager": {"server_address": "10.67.134.15.9001"}}, "write 10.67.134.15:9001"),
        ({"task_manager": {"storage_quota": "lots"}}, "nsfl_client_storage_quota: 'lots' is no number of MB"),
        ({"task_manager": {"platform": "linux"}}, "nsfl_client_platform: 'linux' is not known"),
        (
            {"task_manager": {"volumes": {"task-configs": {"source": "x"}}}},
            "nsfl_client_task_configs_dir: 'x' is no absolute path",
        ),
        ({"task_manager": {"volumes": {"ssl": {"source": "/x"}}}}, "nsfl_client_extra_volumes: no such folder: ssl"),
        ({"task_manager": {"extra_volumes": [{"name": "A", "source": "/x"}]}}, "nsfl_client_extra_volumes[0]: "),
        ({"executor": {"port": 0}}, "nsfl_client_executor_port: 0 is no usable port"),
        ({"k8s": {"kubectl_image": ""}}, "nsfl_client_kubectl_image: an empty value is no image name; write one that the nodes can pull"),
        ({"db": {"address": "nowhere"}}, "nsfl_client_database_address: 'nowhere' is no HOST:PORT"),
    ],
)
def test_a_mistake_of_a_client_is_named(change: dict[str, Any], words: str) -> None:
    problems = client_problems(client(**change))
    assert len(problems) == 1 and words in problems[0], problems


def test_a_misspelt_component_is_found() -> None:
    assert unknown_components({"nsfl_server_options": {"jobscheduler": {}}})[0].startswith(
        "nsfl_server_options.jobscheduler: no such component"
    )
