# SPDX-License-Identifier: Apache-2.0
"""Each builder: the first run builds and pushes, the next one does not even ask for the builder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from real_registry import ACCOUNT, RealRegistry
from small_site import BUILDERS, SHELL, Site

each_builder = pytest.mark.parametrize("builder", BUILDERS)
NOBODY = {"builder_path": "/nonexistent/builder"}


@each_builder
def test_builds_pushes_and_then_asks_the_registry_only(site: Site, registry: RealRegistry, builder: str) -> None:
    settings = {**registry.settings, **BUILDERS[builder]}
    first = site.run(settings)
    assert first["actions"] == {"nsfl-base": "built", "nsfl-app": "built"}
    assert registry.files()["/app.txt"] == "one"
    manifest = Path(site.params["manifest_file"])
    before = manifest.stat().st_mtime_ns
    second = site.run(settings, NOBODY)
    assert not second["changed"]
    assert second["images"] == first["images"]
    assert manifest.stat().st_mtime_ns == before
    assert site.check(settings, NOBODY)["up_to_date"]


@each_builder
def test_another_machine_builds_on_the_base_of_the_registry(site: Site, registry: RealRegistry, builder: str) -> None:
    settings = {**registry.settings, **BUILDERS[builder]}
    base = site.run(settings, {"select": ["nsfl-base"]})["images"]["nsfl-base"]
    site.forget()
    result = site.run(settings)
    assert result["actions"] == {"nsfl-base": "present", "nsfl-app": "built"}
    assert result["images"]["nsfl-base"] == base
    assert registry.files()["/app.txt"] == "one"


@each_builder
def test_settings_of_builds_reach_them(site: Site, registry: RealRegistry, builder: str) -> None:
    """Arguments, proxies, bases, networks and secrets leave their marks in the image; what is secret leaves none anywhere."""
    secret = site.folder / "site-ca.pem"
    secret.write_text("secret-canary")
    mount = "--mount=type=secret,id=ca " if builder != "docker" else ""
    proof = "busybox sha256sum /run/secrets/ca" if mount else "busybox echo none"
    site.write(
        "app",
        f"ARG EDITION=plain\nFROM site/base:1\n{SHELL}ARG GREETING=none\n"
        'RUN busybox echo "$GREETING" >/greeting && busybox echo "$http_proxy,$no_proxy" | busybox sha256sum >/proxy\n'
        f"RUN {mount}{proof} >/proof && busybox hostname >/host\n",
    )
    base = site.run(registry.settings, BUILDERS[builder], {"select": ["nsfl-base"]})["images"]["nsfl-base"]["image"]
    proxy = {"http_proxy": "http://user:proxy-canary@proxy.example.org:3128", "no_proxy": "localhost,.example.org"}
    settings: dict[str, Any] = {
        **registry.settings,
        **BUILDERS[builder],
        "base_map": {"site/base:1": base},
        "build_args": {"GREETING": "hello", **proxy},
        "build_secrets": {"ca": str(secret)} if mount else {},
        "select": ["nsfl-app"],
        "network": "host",
    }
    result = site.run(settings)
    files = registry.files()
    assert files["/greeting"] == "hello\n"
    assert files["/proxy"].split()[0] == hashlib.sha256(f"{','.join(proxy.values())}\n".encode()).hexdigest()
    assert files["/proof"].split()[0] == (hashlib.sha256(b"secret-canary").hexdigest() if mount else "none")
    told = "\n".join([site.logs(), str(result), Path(site.params["manifest_file"]).read_text()])
    for canary in ("secret-canary", "proxy-canary", ACCOUNT[1]):
        assert canary not in told
        assert not any(canary.encode() in blob for blob in registry.blobs())
    assert not site.run(settings, NOBODY, {"build_args": {"GREETING": "hello"}})["changed"], "a proxy is no content"
    assert site.check(settings, {"build_args": {"GREETING": "bye"}})["up_to_date"] is False


def test_the_old_builder_cannot_have_secrets_and_says_so(site: Site, registry: RealRegistry) -> None:
    (site.folder / "ca").touch()
    problems = site.check(registry.settings, BUILDERS["docker"], {"build_secrets": {"ca": str(site.folder / "ca")}})["problems"]
    assert problems == [
        "nsfl_images_buildx_path: build secrets need BuildKit: install Docker's buildx plugin or name its program",
    ]


@each_builder
def test_room_is_looked_for_before_and_told_of_afterwards(site: Site, registry: RealRegistry, builder: str) -> None:
    settings = {**registry.settings, **BUILDERS[builder]}
    (problem,) = site.check(settings, {"min_free_mb": 10**9})["problems"]
    assert problem.startswith("nsfl_images_min_free_mb: only ") and "MB are free in /" in problem
    site.write("app", f"FROM nsfl-base:latest\n{SHELL}RUN busybox cat /bin/busybox >/dev/full\n")
    with pytest.raises(Exception, match=r"image nsfl-app: the build failed .* no room is left in /.*: make some") as failed:
        site.run(settings)
    assert "No space left on device" in str(failed.value)
    site.write("app", f"FROM nsfl-base:latest\n{SHELL}COPY app.txt /app.txt\n")
    assert site.run(settings)["actions"] == {"nsfl-base": "present", "nsfl-app": "built"}


@pytest.mark.parametrize(("parallel", "overlap"), [(1, False), (2, True)])
@each_builder
def test_independent_images_are_built_side_by_side(site: Site, registry: RealRegistry, builder: str, parallel: int, overlap: bool) -> None:
    for name in ("one", "two"):
        site.write(name, f"FROM scratch\nCOPY busybox /bin/busybox\n{SHELL}RUN busybox sleep 1 && busybox echo {site.stamp} >/{name}\n")
    catalogue = [{"name": f"nsfl-{name}", "dockerfile": f"{name}.Dockerfile"} for name in ("one", "two")]
    site.run(registry.settings, BUILDERS[builder], {"catalogue": catalogue, "parallel": parallel})
    progress = (site.folder / "cache/logs/progress.log").read_text().splitlines()
    begun = [number for number, line in enumerate(progress) if "build …" in line]
    ended = [number for number, line in enumerate(progress) if "build done" in line]
    assert (max(begun) < min(ended)) == overlap
    assert {"nsfl-one.log", "nsfl-two.log"} < {path.name for path in (site.folder / "cache/logs").iterdir()}
