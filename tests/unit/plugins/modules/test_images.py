# SPDX-License-Identifier: Apache-2.0
"""The module against a registry in a thread and a builder in shell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_builder import failing_step
from ansible_collections.neursafe.fl.plugins.module_utils._image_run import sole_run
from ansible_collections.neursafe.fl.plugins.module_utils._image_service import ImagesError, ImageService
from ansible_collections.neursafe.fl.plugins.modules.images import OPTIONS
from registry_fake import ACCOUNT, calls, install_builder, registry

NAMES = ["nsfl-base", "nsfl-proxy", "nsfl-selector"]
Result = dict[str, Any]


class Case:
    """A tree, a registry and a builder in one folder."""

    def __init__(self, folder: Path, host: str) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        files = self.tree / "deploy/docker-images/dockerfiles"
        files.mkdir(parents=True)
        (files / "base.Dockerfile").write_text("FROM debian:bookworm\n")
        (files / "proxy.Dockerfile").write_text("FROM debian:bookworm\nCOPY lua /lua\n")
        (files / "selector.Dockerfile").write_text("FROM nsfl-base:latest\nCOPY app.py /\n")
        (self.tree / "app.py").write_text("one")
        self.params: dict[str, Any] = {name: option.get("default") for name, option in OPTIONS.items()}
        self.params |= {
            "source": str(self.tree),
            "registry": host,
            "builder_path": str(install_builder(folder)),
            "cache_dir": str(folder / "cache"),
            "manifest_file": str(folder / "images.json"),
            "catalogue": [{"name": name, "dockerfile": f"{name.removeprefix('nsfl-')}.Dockerfile"} for name in NAMES],
        }

    def run(self, check_mode: bool = False, **changes: Any) -> Result:
        return ImageService({**self.params, **changes}, check_mode).run()

    def check(self, **changes: Any) -> Result:
        return ImageService({**self.params, **changes}, True).check()

    def manifest(self) -> Result:
        loaded: Result = json.loads((self.folder / "images.json").read_text())
        return loaded


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with registry(tmp_path) as host:
        yield Case(tmp_path, host)


def test_first_run_builds_second_asks_only_the_registry(case: Case) -> None:
    first = case.run()
    assert first["changed"] and set(first["actions"].values()) == {"built"}
    assert [line.split()[1].split("/")[1].split(":")[0] for line in calls(case.folder, "push")].index("nsfl-base") < 2
    built = len(calls(case.folder, "build"))
    before = (case.folder / "images.json").stat().st_mtime_ns
    second = case.run()
    assert not second["changed"] and set(second["actions"].values()) == {"present"}
    assert len(calls(case.folder, "build")) == built == 3
    assert (case.folder / "images.json").stat().st_mtime_ns == before
    entry = case.manifest()["nsfl-selector"]
    assert entry["reference"] == f"{case.params['registry']}/nsfl-selector@{entry['digest']}"


def test_check_mode_says_what_would_be_built_and_writes_nothing(case: Case) -> None:
    result = case.run(check_mode=True)
    assert result["changed"] and set(result["actions"].values()) == {"built"}
    assert "nsfl-proxy" in result["diff"]["after"]
    assert not (case.folder / "images.json").exists()
    assert not calls(case.folder, "build")


def test_a_change_builds_only_what_sees_it(case: Case) -> None:
    case.run()
    (case.tree / "app.py").write_text("two")
    assert case.run()["actions"] == {"nsfl-base": "present", "nsfl-proxy": "present", "nsfl-selector": "built"}


def test_a_tag_for_people_is_given_without_a_build_and_can_be_kept(case: Case) -> None:
    case.run()
    tagged = case.run(tag="v1")
    assert set(tagged["actions"].values()) == {"tagged"}
    assert tagged["images"]["nsfl-base"]["image"].endswith("/nsfl-base:v1")
    assert not case.run(tag="v1")["changed"]
    assert len(calls(case.folder, "build")) == 3
    (case.tree / "app.py").write_text("two")
    with pytest.raises(ImagesError, match="tag v1 already names other content of nsfl-selector"):
        case.run(tag="v1", tag_policy="keep")
    assert len(calls(case.folder, "build")) == 3
    assert case.run(tag="v1")["actions"]["nsfl-selector"] == "built"


def test_a_failure_names_the_image_shows_its_last_lines_and_keeps_the_others(case: Case) -> None:
    (case.folder / "fails").write_text("COPY app.py")
    with pytest.raises(ImagesError) as error:
        case.run()
    text = str(error.value)
    assert "image nsfl-selector: the build failed" in text
    assert "no space left on device" in text and "line 22\n" in text and "line 21\n" not in text
    assert not (case.folder / "images.json").exists()
    (case.folder / "fails").unlink()
    assert case.run()["actions"] == {"nsfl-base": "present", "nsfl-proxy": "present", "nsfl-selector": "built"}


def test_when_the_base_fails_what_needs_it_is_not_started(case: Case) -> None:
    (case.folder / "fails").write_text("FROM debian")
    with pytest.raises(ImagesError, match="not started: nsfl-selector"):
        case.run(parallel=1, select=["nsfl-selector"])


def test_the_account_reaches_the_builder_in_a_private_file_that_goes_away(case: Case) -> None:
    (case.folder / "locked").touch()
    case.run(registry_username=ACCOUNT[0], registry_password=ACCOUNT[1])
    account = json.loads((case.folder / "account").read_text())
    assert list(account["auths"]) == [case.params["registry"]]
    assert [path.name for path in (case.folder / "cache").iterdir() if path.is_dir()] == ["logs"]
    assert ACCOUNT[1] not in (case.folder / "calls").read_text()


@pytest.mark.parametrize(
    ("account", "words"),
    [({}, "no user"), ({"registry_username": "fl", "registry_password": "wrong"}, "refuses to log in: HTTP 401 for user 'fl'")],
)
def test_a_refused_account_is_said_before_anything_is_built(case: Case, account: dict[str, str], words: str) -> None:
    (case.folder / "locked").touch()
    with pytest.raises(ImagesError, match=words):
        case.run(**account)  # type: ignore[arg-type]  # one dict for options of several types
    assert not calls(case.folder, "build")
    assert words in case.check(**account)["problems"][0]


def test_a_registry_that_is_down_is_no_missing_image(case: Case) -> None:
    with pytest.raises(ImagesError, match=r"registry 127\.0\.0\.1:1 cannot be reached"):
        case.run(registry="127.0.0.1:1")


def test_checked_tells_whether_there_is_anything_to_do(case: Case) -> None:
    assert case.check()["up_to_date"] is False
    case.run()
    assert case.check()["up_to_date"] is True
    (case.folder / "images.json").write_text("{}")
    assert case.check()["up_to_date"] is False


def test_checked_finds_what_is_missing(case: Case) -> None:
    named = {"labels": {"source": "nsfl_images_source_tree", "registry": "nsfl_registry"}}
    assert case.check(source="/nowhere", **named)["problems"][0].startswith("nsfl_images_source_tree: the source tree /nowhere is")
    tree, registry = case.check(source="/nowhere", registry="127.0.0.1:1", **named)["problems"]
    assert "is no folder" in tree and registry.startswith("nsfl_registry: registry 127.0.0.1:1 cannot be reached")
    assert "has no build files at" in case.check(source=str(case.folder))["problems"][0]
    assert "is not installed" in case.check(builder_path="/nowhere/docker")["problems"][0]


def test_prebuilt_images_are_resolved_to_digests(case: Case) -> None:
    case.run()
    host = case.params["registry"]
    given = {"nsfl-proxy": case.manifest()["nsfl-proxy"]["image"], "nsfl-base": f"elsewhere:5000/x@sha256:{'0' * 64}"}
    result = case.run(prebuilt=given, catalogue=[])
    assert result["images"]["nsfl-proxy"]["reference"].startswith(f"{host}/nsfl-proxy@sha256:")
    assert result["images"]["nsfl-base"]["reference"] == given["nsfl-base"]
    assert not case.run(prebuilt=given, catalogue=[])["changed"]
    with pytest.raises(ImagesError, match="no such image in its registry: nsfl-proxy"):
        case.run(prebuilt={"nsfl-proxy": f"{host}/nsfl-proxy:other"})


def test_a_subset_keeps_what_the_manifest_says_of_the_others(case: Case) -> None:
    case.run()
    (case.tree / "app.py").write_text("two")
    assert set(case.run(select=["nsfl-selector"])["actions"]) == {"nsfl-base", "nsfl-selector"}
    assert set(case.manifest()) == set(NAMES)


def test_build_arguments_and_proxies_travel_by_environment(case: Case) -> None:
    case.run(build_args={"http_proxy": "http://user:secret@proxy"}, network="host", platform="linux/amd64")
    command = calls(case.folder, "build")[0]
    assert "--build-arg http_proxy " in command and "secret" not in command
    assert "--network host --platform linux/amd64" in command


def test_two_runs_at_once_are_refused_with_the_holder(case: Case, tmp_path: Path) -> None:
    with sole_run(tmp_path / "cache", 0), pytest.raises(ImagesError, match=r"another run .process [0-9]+. builds"):
        case.run(build_timeout=0)


def test_the_failing_step_is_shown_by_its_number() -> None:
    log = "\n".join(["#5 ok", *(f"#7 line {number}" for number in range(30)), "#8 other", "#7 ERROR: exit code 1", "------"])
    shown = failing_step(log).splitlines()
    assert shown[-1] == "#7 ERROR: exit code 1"
    assert len(shown) == 20 and all(line.startswith("#7 ") for line in shown)
