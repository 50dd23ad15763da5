# SPDX-License-Identifier: Apache-2.0
"""The modules job and job_info against a small local API server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._job_files import local_files
from ansible_collections.neursafe.fl.plugins.modules import job, job_info
from job_api_fake import FakeApi
from module_call import answer_of

CONFIG = {"runtime": "tensorflow", "task_entry": "toy", "output": "out", "model_path": "fl-j1/model/m.h5"}


@pytest.fixture
def fake_api() -> Iterator[FakeApi]:
    server = FakeApi()
    yield server
    server.close()


def run(module: Any, capsys: pytest.CaptureFixture[str], check: bool = False, **args: Any) -> dict[str, Any]:
    return answer_of(module, capsys, {**args, "_ansible_check_mode": check, "_ansible_diff": True})


def test_present_creates_then_leaves_alone(fake_api: Any, capsys: Any) -> None:
    args = {"api_url": fake_api.url, "id": "j1", "config": CONFIG}
    assert run(job, capsys, check=True, **args)["changed"]
    assert not fake_api.jobs
    first = run(job, capsys, **args)
    assert first["changed"] and first["job_state"] == "QUEUING"
    assert fake_api.jobs["j1"]["port"] == 50051 and fake_api.jobs["j1"]["description"]
    assert not run(job, capsys, **args)["changed"]


def test_differing_config_is_refused_while_active_and_updated_at_rest(fake_api: Any, capsys: Any) -> None:
    run(job, capsys, api_url=fake_api.url, id="j1", config=CONFIG)
    other = {**CONFIG, "task_entry": "other"}
    refused = run(job, capsys, api_url=fake_api.url, id="j1", config=other)
    assert refused["failed"] and "QUEUING and differs in task_entry" in refused["msg"]
    run(job, capsys, api_url=fake_api.url, id="j1", state="stopped")
    assert run(job, capsys, api_url=fake_api.url, id="j1", config=other)["changed"]
    assert fake_api.jobs["j1"]["task_entry"] == "other"


def test_start_and_stop_follow_the_state(fake_api: Any, capsys: Any) -> None:
    args = {"api_url": fake_api.url, "id": "j1"}
    assert not run(job, capsys, **args, state="stopped")["changed"]
    run(job, capsys, **args, config=CONFIG)
    assert run(job, capsys, **args, state="stopped")["job_state"] == "STOPPED"
    assert not run(job, capsys, **args, state="stopped")["changed"]
    assert run(job, capsys, **args, state="started")["job_state"] == "QUEUING"
    assert not run(job, capsys, **args, state="started")["changed"]


def test_absent_stops_a_running_job_first(fake_api: Any, capsys: Any) -> None:
    run(job, capsys, api_url=fake_api.url, id="j1", config=CONFIG)
    gone = run(job, capsys, api_url=fake_api.url, id="j1", state="absent")
    assert gone["changed"] and gone["job_state"] == "ABSENT"
    verbs = [call for call in fake_api.calls if not call.startswith(("GET", "POST"))]
    assert verbs == ["PUT /api/v1/namespaces/default/jobs/j1:stop", "DELETE /api/v1/namespaces/default/jobs/j1"]
    assert not run(job, capsys, api_url=fake_api.url, id="j1", state="absent")["changed"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"id": "x" * 28, "config": CONFIG}, "has 28 characters; shorten it to 27"),
        ({"id": "Job_1", "config": CONFIG}, "is not a name"),
        ({"id": "j1", "namespace": "n" * 61, "config": CONFIG}, "a Service name has at most 63"),
        ({"id": "j1"}, "config: needed"),
        ({"id": "j1", "config": {**CONFIG, "runtime": "Tensorflow"}}, "config.runtime: 'Tensorflow' is unknown"),
        ({"id": "j1", "config": {**CONFIG, "output": "../other"}}, "leaves the FL namespace"),
        ({"id": "j1", "src": "/nonexistent", "config": CONFIG}, "s3_endpoint"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(fake_api: Any, capsys: Any, args: dict[str, Any], words: str) -> None:
    result = run(job, capsys, api_url=fake_api.url, **args)
    assert result["failed"] and words in result["msg"]
    assert not [call for call in fake_api.calls if not call.startswith("GET")]


def test_the_components_own_reason_is_told(fake_api: Any, capsys: Any) -> None:
    fake_api.refuse = (403, "Model fl-j1/model/m.h5 not existing in namespace default")
    result = run(job, capsys, api_url=fake_api.url, id="j1", config=CONFIG)
    assert "HTTP 403: Model fl-j1/model/m.h5 not existing" in result["msg"]


def test_nobody_there_is_said_with_the_address(capsys: Any) -> None:
    result = run(job, capsys, api_url="http://127.0.0.1:9", id="j1", config=CONFIG)
    assert "http://127.0.0.1:9/api/v1" in result["msg"] and "refused" in result["msg"]


class Bucket:
    """Stands for the bucket: what is in it, and what is done to it."""

    bucket, endpoint, prefix = "default", "http://s3", ""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}

    def names(self, prefix: str) -> dict[str, str]:
        return {name: etag for name, etag in self.objects.items() if name.startswith(prefix)}

    def differing(self, src: str, job_id: str) -> list[str]:
        return [name for name in local_files(src) if f"fl-{job_id}/{name}" not in self.objects]

    def upload(self, src: str, job_id: str, names: list[str]) -> None:
        self.objects.update({f"fl-{job_id}/{name}": "e" for name in names})

    def of_job(self, job_id: str, output: str) -> list[str]:
        return [name for name in self.objects if name.startswith(f"fl-{job_id}/")]

    def of_bucket(self, bucket: str) -> Bucket:
        assert bucket == "nsfl-system"
        return self

    def remove(self, names: list[str]) -> None:
        for name in names:
            del self.objects[name]


S3: dict[str, Any] = {"s3_endpoint": "http://s3", "s3_access_key": "a", "s3_secret_key": "not-a-key"}


def test_a_folder_is_uploaded_once_and_purged(fake_api: Any, capsys: Any, tmp_path: Path, monkeypatch: Any) -> None:
    bucket = Bucket()
    monkeypatch.setattr(job, "files_of", lambda params: bucket)
    for name, content in {"model/m.h5": "m", "scripts/a.py": "a", "notes.txt": "n", "config.json": "{}"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    config = {"runtime": "pytorch", "output": "out", "scripts": {"config_file": "c.json"}}
    args = {"api_url": fake_api.url, "id": "j1", "src": str(tmp_path), "config": config, **S3}
    first = run(job, capsys, **args)
    assert first["uploaded"] == ["config.json", "model/m.h5", "scripts/a.py"]
    assert fake_api.jobs["j1"]["model_path"] == "fl-j1/model/m.h5" and fake_api.jobs["j1"]["scripts"]["path"] == "fl-j1/scripts"
    assert not run(job, capsys, **args)["changed"]
    gone = run(job, capsys, api_url=fake_api.url, id="j1", state="absent", purge=True, **S3)
    assert len(gone["removed"]) == 3 and not bucket.objects
    assert not run(job, capsys, api_url=fake_api.url, id="j1", state="absent", purge=True, **S3)["changed"]


def test_purge_takes_the_coordinators_file_too(fake_api: Any, capsys: Any, monkeypatch: Any) -> None:
    bucket = Bucket()
    bucket.objects = {"coordinator_configs/default-j1/coordinator.json": "e", "coordinator_configs/default-j12/coordinator.json": "e"}
    monkeypatch.setattr(job, "files_of", lambda params: bucket)
    args = {"api_url": fake_api.url, "id": "j1", "state": "absent", "purge": True, "configs_path": "nsfl-system/coordinator_configs", **S3}
    assert run(job, capsys, **args)["removed"] == ["nsfl-system/coordinator_configs/default-j1/coordinator.json"]
    assert list(bucket.objects) == ["coordinator_configs/default-j12/coordinator.json"]


def test_a_model_that_never_reached_the_bucket_is_named(fake_api: Any, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(job, "files_of", lambda params: Bucket())
    result = run(job, capsys, api_url=fake_api.url, id="j1", config=CONFIG, **S3)
    assert "there is no object fl-j1/model/m.h5 in bucket default" in result["msg"]


def test_info_lists_and_waits_for_news(fake_api: Any, capsys: Any, monkeypatch: Any) -> None:
    run(job, capsys, api_url=fake_api.url, id="j1", config=CONFIG)
    assert [item["id"] for item in run(job_info, capsys, api_url=fake_api.url)["jobs"]] == ["j1"]
    fake_api.walks["j1"] = [("QUEUING", 0), ("QUEUING", 0), ("RUNNING", 0)]
    seen = {"state": "QUEUING", "progress": 0}
    news = run(job_info, capsys, api_url=fake_api.url, id="j1", wait_for_change=seen, poll=0.01)
    assert news["job_state"] == "RUNNING"
    assert run(job_info, capsys, api_url=fake_api.url, id="none")["job_state"] == "ABSENT"


def test_info_reads_what_a_job_measured(fake_api: Any, capsys: Any, monkeypatch: Any) -> None:
    run(job, capsys, api_url=fake_api.url, id="j1", config=CONFIG)
    measured = {"rounds": [{"round": 1, "evaluate": {"loss": 1.9}}, {"round": 2, "evaluate": {"loss": 0.4}}]}
    monkeypatch.setattr(job_info, "files_of", lambda params: SimpleNamespace(metrics=lambda output, job_id: measured))
    assert run(job_info, capsys, api_url=fake_api.url, id="j1", **S3)["losses"] == [1.9, 0.4]
