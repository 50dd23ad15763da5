# SPDX-License-Identifier: Apache-2.0
"""Plans: order, names by content, and what a change of the tree or of a setting touches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_plan import PlanError, PlannedImage, Settings, make_plan

FILES = {
    "base.Dockerfile": "FROM debian:bookworm\nCOPY requirements.txt /\n",
    "selector.Dockerfile": "FROM nsfl-base:latest\nCOPY selector /app\n",
    "proxy.Dockerfile": "FROM openresty/openresty:1\nCOPY lua /nginx/lua\n",
}
CATALOGUE = [
    {"name": "nsfl-selector", "dockerfile": "selector.Dockerfile"},
    {"name": "nsfl-base", "dockerfile": "base.Dockerfile"},
    {"name": "nsfl-proxy", "dockerfile": "proxy.Dockerfile"},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    for name in ("requirements.txt", "selector/app.py", "lua/init.lua"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return Settings(source=tmp_path, dockerfiles=tmp_path, registry="registry:5000")


def plan(settings: Settings, *select: str) -> dict[str, PlannedImage]:
    return {image.name: image for image in make_plan(CATALOGUE, select, settings)}


def changed(before: dict[str, PlannedImage], after: dict[str, PlannedImage]) -> set[str]:
    return {name for name in after if before[name].content != after[name].content}


def test_what_others_start_from_comes_first(settings: Settings) -> None:
    assert list(plan(settings)) == ["nsfl-base", "nsfl-selector", "nsfl-proxy"]
    assert list(plan(settings, "nsfl-selector")) == ["nsfl-base", "nsfl-selector"]


def test_images_start_from_the_base_of_the_same_registry_by_content(settings: Settings) -> None:
    images = plan(replace(settings, base_map={"debian:bookworm": "mirror/debian:12"}))
    assert images["nsfl-selector"].build_file.startswith(f"FROM {images['nsfl-base'].reference}\n")
    assert str(images["nsfl-base"].reference).startswith("registry:5000/nsfl-base:c-")
    assert images["nsfl-base"].build_file.startswith("FROM mirror/debian:12\n")


def test_a_change_touches_the_image_and_those_that_start_from_it(settings: Settings) -> None:
    before = plan(settings)
    (settings.source / "lua/init.lua").write_text("other")
    assert changed(before, plan(settings)) == {"nsfl-proxy"}
    before = plan(settings)
    (settings.source / "requirements.txt").write_text("other")
    assert changed(before, plan(settings)) == {"nsfl-base", "nsfl-selector"}


def test_what_is_no_content_changes_no_name(settings: Settings) -> None:
    before = plan(settings)
    assert changed(before, plan(replace(settings, registry="other:5000/team"))) == set()
    assert changed(before, plan(replace(settings, build_args={"http_proxy": "http://proxy:3128"}))) == set()
    assert changed(before, plan(replace(settings, build_args={"FLAVOUR": "gpu"}))) == set(before)
    assert changed(before, plan(replace(settings, platform="linux/arm64"))) == set(before)
    assert changed(before, plan(replace(settings, base_map={"openresty/openresty:1": "mirror/openresty:1"}))) == {"nsfl-proxy"}


def test_a_mapped_base_replaces_the_trees_own(settings: Settings) -> None:
    images = plan(replace(settings, base_map={"nsfl-base:latest": "site/base:7"}), "nsfl-selector")
    assert list(images) == ["nsfl-selector"]
    assert images["nsfl-selector"].build_file.startswith("FROM site/base:7\n")


def test_errors_say_what_does_not_fit(settings: Settings) -> None:
    with pytest.raises(PlanError, match="unknown images nsfl-select; the catalogue has"):
        plan(settings, "nsfl-select")
    (settings.source / "base.Dockerfile").write_text("FROM nsfl-selector\n")
    with pytest.raises(PlanError, match="in a circle: nsfl-selector <- nsfl-base <- nsfl-selector"):
        plan(settings)
    (settings.source / "base.Dockerfile").unlink()
    with pytest.raises(PlanError, match="the build file of nsfl-base is missing"):
        plan(settings)
