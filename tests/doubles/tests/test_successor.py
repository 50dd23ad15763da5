# SPDX-License-Identifier: Apache-2.0
"""The shape of 2024: what it asks for, where it ends, and a job with a claim in a namespace of its own."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from neursafe_fl.python.cli.stores import Folders
from neursafe_fl.python.job_scheduler.app import REQUIRED
from neursafe_fl.python.libs.http import HttpError

from .machinery import Process, Processes, Proxy, free_port, open_port, wait_until
from .platform import Platform
from .test_proxy import ask

CLAIM = {"STORAGE_TYPE": "posix", "WORKSPACE_PVC": "nsfl-pvc", "K8S_NAMESPACE": "fl", "K8S_IMAGE_PULL_SECRETS": "pull"}
SHAPE = {"NSFL_DOUBLE_SHAPE": "2024"}


@pytest.fixture
def successor(parts: Platform) -> Platform:
    """Everything that is started is of 2024; the pods of the fake cluster have no mounts, so /fl is the shared folder itself."""
    parts.processes.base |= SHAPE
    parts.kubernetes.namespace = "fl"
    return parts


def changes(successor: Platform, **other: str | None) -> dict[str, str | None]:
    return {**CLAIM, "SOURCE_MOUNT_PATH": None, "COORDINATOR_WORKSPACE_PATH": str(successor.root), **other}


@pytest.mark.parametrize("name", ["TEMP_DIR", "MODEL_MANAGER_ADDRESS", "K8S_ADDRESS"])
def test_the_scheduler_asks_for_no_folder_of_the_node(successor: Platform, name: str) -> None:
    assert "SOURCE_MOUNT_PATH" in REQUIRED  # of 2022
    assert f"Env: {name} not configure" in successor.start_scheduler(changes(successor, **{name: None}), wait=False).ends(1)
    successor.start_scheduler(changes(successor)).wait_for("Http server start on port")


def test_a_bucket_is_mounted_by_none_of_them(successor: Platform, tmp_path: Path) -> None:
    bucket = {"STORAGE_TYPE": "S3"}
    assert "mounts no bucket" in successor.start_scheduler(changes(successor, **bucket), wait=False).ends(1)
    for component in ("selector", "data_server"):
        assert "mounts no bucket" in successor.processes.start(component, bucket).ends(1)


def test_the_client_goes_by_its_file_and_keeps_its_id(successor: Platform) -> None:
    selector = successor.start_selector()
    env = {key: value for key, value in successor.cluster_env().items() if key != "PLATFORM"}
    port = successor.ports["selector"]

    def in_cluster(setup: dict[str, Any]) -> None:
        setup.update(platform="k8s", server=f"127.0.0.1:{port}")
        del setup["lmdb_path"]

    client = successor.start_client("client-1", {**env, **CLAIM}, in_cluster)
    assert "Fetch nodes: ['node-1']" in client.text()
    successor.start_client("client-2", {**env, **CLAIM}, lambda setup: (in_cluster(setup), setup.update(client_id="ward-2")))
    # Without an id of its own, it is known by platform and port alone.
    assert f"client k8s-0-0-0-0-{successor.ports['client-1']} registered" in selector.text()
    assert "client ward-2 registered" in selector.text()


@pytest.fixture
def whole(successor: Platform) -> Platform:
    successor.proxy_image = Proxy.build("2024")
    if not successor.proxy_image:
        pytest.skip("no Docker, or no base image nsfl-lab/debian:bookworm")
    command = ("/nginx/start_nginx.sh", "/workspace", "/nginx/conf/nginx.conf")
    dns = successor.dns.address
    successor.start_selector()
    successor.start_proxy(sample="nginx_2024.conf", command=command, edit=lambda text: text.replace("10.96.0.10", dns))
    return successor


def test_a_job_with_a_claim_finishes(whole: Platform) -> None:
    whole.start_scheduler(changes(whole))
    env = {key: value for key, value in whole.cluster_env().items() if key != "PLATFORM"}
    whole.start_client(env={**env, **CLAIM, "WORKSPACE": "/workspace"}, edit=lambda setup: setup.update(platform="k8s"))
    whole.create_job()
    assert whole.wait_job("FINISHED", "FAILED") == {"state": "FINISHED", "reason": None, "progress": 100}
    assert (whole.namespace / "fl-job/output/fl_job_output_V0/metrics.json").is_file()
    wait_until("objects deleted", lambda: not whole.kubernetes.objects)
    pods = [body["spec"] for body in whole.kubernetes.made if body["kind"] == "Pod"]
    for pod in pods:
        assert pod["volumes"] == [{"name": "workspace", "persistentVolumeClaim": {"claimName": "nsfl-pvc"}}]
        assert pod["imagePullSecrets"] == [{"name": "pull"}]
    config = f"{whole.root}/coordinator_configs/default-job/coordinator.json"
    assert pods[0]["containers"][0]["command"][-1] == config
    assert {pod["containers"][0]["volumeMounts"][0]["mountPath"] for pod in pods} == {str(whole.root), "/workspace"}
    assert "default-job.fl.svc.cluster.local" in whole.dns.asked


def test_without_a_claim_the_pod_is_refused_and_the_scheduler_ends(whole: Platform) -> None:
    scheduler = whole.start_scheduler(changes(whole, WORKSPACE_PVC=None))
    whole.start_client()
    whole.create_job()
    assert "claimName" in scheduler.ends(1, 60)


def test_the_successors_token_that_everybody_knows(whole: Platform) -> None:
    assert whole.proxy and ask(whole.proxy, "POST")[0] == 200 and ask(whole.proxy, "POST", token="nsfl-proxy-token")[0] == 401
    (whole.folder / "bare").mkdir()
    proxy = Proxy(whole.folder / "bare", whole.proxy_image, "127.0.0.1:1", f"nameserver {whole.dns.address}\n", token=None)
    try:
        # The sample shows TOKEN to Lua; without one it is the built-in word.
        assert ask(proxy.ready(), "POST", token="nsfl-proxy-token")[0] == 200 and ask(proxy, "POST", token="Fl-ZTE")[0] == 401
    finally:
        proxy.stop()


@pytest.fixture
def data(tmp_path: Path, processes: Processes) -> Iterator[tuple[str, Path]]:
    root, port = tmp_path / "workspace", free_port()
    (root / "default").mkdir(parents=True)
    processes.start("data_server", {**SHAPE, "WORKSPACE": str(root), "PORT": str(port), "ACCESS_USER": "u", "ACCESS_PASSWORD": "p"})
    wait_until("data server", lambda: open_port(port))
    yield f"http://127.0.0.1:{port}", root


def call(url: str, method: str, body: bytes | None = None, account: str = "u:p", **headers: str) -> tuple[int, str]:
    sent = {"Authorization": "Basic " + base64.b64encode(account.encode()).decode(), **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, sent, method=method), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_data_server_has_the_whole_tree_for_one_account(data: tuple[str, Path]) -> None:
    url, root = data
    assert call(f"{url}/", "GET", account="u:q")[0] == call(f"{url}/", "PUT", b"", account="nsfl:built-in-and-public")[0] == 401
    assert call(f"{url}/default/fl-j/config.json", "PUT", b"{}")[0] == 409  # folders are made one by one
    assert [call(f"{url}/default/fl-j", "MKCOL")[0] for _turn in range(2)] == [201, 405]
    assert [call(f"{url}/default/fl-j/config.json", "PUT", b"{}")[0] for _turn in range(2)] == [201, 204]
    assert (root / "default/fl-j/config.json").read_text() == "{}"
    assert call(f"{url}/default/fl-j/config.json", "GET") == (200, "{}")
    status, listed = call(f"{url}/default/", "PROPFIND", Depth="1")
    assert status == 207 and "<D:href>/default/fl-j/</D:href>" in listed
    assert call(f"{url}/study", "MKCOL")[0] == 201 and (root / "study").is_dir()
    assert call(f"{url}/default/fl-j", "DELETE")[0] == 204 and not (root / "default/fl-j").exists()
    assert call(f"{url}/default/fl-j", "GET")[0] == call(f"{url}/default/fl-j", "DELETE")[0] == 404
    assert call(f"{url}/../etc/passwd", "GET")[0] in (403, 404) and call(f"{url}/", "DELETE")[0] == 403


def test_nsfl_ctl_puts_files_into_folders_of_the_data_server(data: tuple[str, Path], tmp_path: Path) -> None:
    url, root = data
    address = url.removeprefix("http://")
    (tmp_path / "model.h5").write_text("weights")
    store = Folders(address, "u", "p", "none")
    store.upload(str(tmp_path / "model.h5"), "default", "fl-j/model/model.h5")
    assert (root / "default/fl-j/model/model.h5").read_text() == "weights"
    assert store.namespaces() == ["default"] and store.folders("default", "fl-j") == ["model"]
    assert store.read("default", "fl-j/model/model.h5") == b"weights"
    with pytest.raises(HttpError, match="404"):  # namespaces are made by hand
        store.upload(str(tmp_path / "model.h5"), "absent", "fl-j/model/model.h5")
    with pytest.raises(HttpError, match="401"):
        Folders(address, "u", "q", "none").namespaces()
    assert Folders(url, "u", "p", "none").namespaces() == ["default"]
    assert Folders("tom:30088", "u", "p", "none").address == "om:30088"


@pytest.mark.parametrize(("env", "words"), [({"WORKSPACE": "/absent"}, "no folder to serve"), ({"PORT": "web"}, "ValueError")])
def test_where_the_data_server_ends(processes: Processes, env: dict[str, str], words: str) -> None:
    server: Process = processes.start("data_server", {**SHAPE, "PORT": str(free_port()), **env})
    assert words in server.ends(1)
