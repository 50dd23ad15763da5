# SPDX-License-Identifier: Apache-2.0
"""Bills of materials of what real builders push: they list what the image itself says when it is asked inside."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_sbom import SbomError, SbomService
from ansible_collections.neursafe.fl.plugins.modules.image_sbom import OPTIONS
from images_role import Role
from real_registry import ACCOUNT, Certificates, RealRegistry
from small_site import BUILDERS, SHELL, Site
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

each_builder = pytest.mark.parametrize("builder", BUILDERS)
# Debian with Python, and without pip.
DEBIAN = "nsfl-lab/host:bookworm"
SITE_PACKAGES = "/usr/local/lib/python3.11/dist-packages"
Packages = set[tuple[str, str]]
STATUS = "/var/lib/dpkg/status"


def sboms(site: Site, built: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """What the module answers for the images of a site."""
    params = {name: option.get("default") for name, option in OPTIONS.items()} | settings
    images = {name: entry["reference"] for name, entry in built["images"].items()}
    return SbomService({**params, "images": images, "sbom_dir": str(site.folder / "sbom")}, check_mode=False).run()


def listed(path: str, kind: str) -> Packages:
    """Name and version of each package of a kind, in a document that keeps SPDX's rules."""
    assert validate_full_spdx_document(parse_file(path)) == []
    found = [one for one in json.loads(Path(path).read_text())["packages"] if f"pkg:{kind}/" in one["externalRefs"][0]["referenceLocator"]]
    packages = [(one["name"], one["versionInfo"]) for one in found]
    assert len(packages) == len(set(packages))
    return set(packages)


def write_packages(site: Site) -> None:
    """A base with three packages; the image from it has one of them no more, another anew, and a third elsewhere."""
    for name, version in (("left", "1"), ("again", "1"), ("gone", "1")):
        (site.tree / f"{name}.info").write_text(f"Name: {name}\nVersion: {version}\n")
    (site.tree / "again2.info").write_text("Name: again\nVersion: 2\n")
    (site.tree / "status").write_text("Package: base\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n")
    copies = [f"COPY {name}.info /site/{name}.dist-info/METADATA\n" for name in ("left", "again", "gone")]
    base = f"FROM scratch\nCOPY busybox /bin/busybox\n{SHELL}RUN /bin/busybox echo {site.stamp} >/base\n"
    site.write("base", f"{base}COPY status {STATUS}\n{''.join(copies)}")
    change = "busybox rm -r /site/gone.dist-info && busybox rm -r /site/again.dist-info && busybox mkdir /site/again.dist-info"
    site.write("app", f"FROM nsfl-base:latest\n{SHELL}RUN {change}\nCOPY again2.info /site/again.egg-info\n")


@each_builder
def test_layers_of_each_builder_are_put_over_each_other(site: Site, registry: RealRegistry, builder: str) -> None:
    write_packages(site)
    built = site.run(registry.settings, BUILDERS[builder])
    result = sboms(site, built, **registry.settings)
    assert result["missing"] == ["nsfl-app", "nsfl-base"]
    assert listed(result["files"]["nsfl-base"], "pypi") == {("left", "1"), ("again", "1"), ("gone", "1")}
    assert listed(result["files"]["nsfl-app"], "pypi") == {("left", "1"), ("again", "2")}
    assert listed(result["files"]["nsfl-app"], "deb") == {("base", "1")}
    files = "".join(Path(path).read_text() for path in result["files"].values())
    assert ACCOUNT[1] not in files and registry.host not in files
    assert not sboms(site, built, **registry.settings)["changed"]
    # Elsewhere, and at another time: the same bytes.
    before = {path: Path(path).read_bytes() for path in result["files"].values()}
    shutil.rmtree(site.folder / "sbom")
    assert sboms(site, built, **registry.settings)["changed"]
    assert {path: Path(path).read_bytes() for path in before} == before


def asked_inside(image: str, program: str, *arguments: str) -> str:
    """What a program of the image says."""
    command = ["docker", "run", "--rm", "--entrypoint", program, image, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.parametrize("builder", ["buildx", "docker"])
def test_debian_and_python_are_listed_as_they_list_themselves(site: Site, registry: RealRegistry, builder: str) -> None:
    """Packages come and go in layers of their own: one is removed and leaves its configuration, one is purged, one is uninstalled."""
    library = Path(next(path for path in sys.path if (Path(path) / "pip").is_dir() and (Path(path) / "packaging").is_dir()))
    for name in ("pip", "packaging", "idna"):
        shutil.copytree(library / name, site.tree / "python" / name)
        (noted,) = library.glob(f"{name}-*.dist-info")
        shutil.copytree(noted, site.tree / "python" / noted.name)
    uninstall = "python3 -m pip uninstall --yes --break-system-packages idna"
    changes = ["dpkg --remove --force-all ethtool", "dpkg --purge --force-all netbase", uninstall]
    runs = "".join(f"RUN {change}\n" for change in changes)
    site.write("app", f"FROM {DEBIAN}\nCOPY python {SITE_PACKAGES}\nRUN echo {site.stamp} >/stamp\n{runs}")
    built = site.run(registry.settings, BUILDERS[builder], {"select": ["nsfl-app"]})
    path = sboms(site, built, **registry.settings)["files"]["nsfl-app"]
    image = built["images"]["nsfl-app"]["image"]

    said = asked_inside(image, "dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}\t${Version}\n")
    states = [line.split("\t") for line in said.splitlines()]
    installed = {(name, version) for state, name, version in states if state == "installed"}
    assert "config-files" in {state for state, _name, _version in states} and len(installed) > 100
    assert listed(path, "deb") == installed
    inside = json.loads(asked_inside(image, "python3", "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"))
    names = {(one["name"], one["version"]) for one in inside}
    assert {"pip", "packaging", "python-apt"} <= {name for name, _version in names} and "idna" not in dict(names)
    assert listed(path, "pypi") == names


def test_a_registry_with_an_authority_of_its_own_is_checked(site: Site, certificates: Certificates, tmp_path: Path) -> None:
    with RealRegistry(tmp_path / "registry", certificates) as registry:
        settings = {**registry.settings, "registry_scheme": "https", "registry_ca_path": str(certificates.ca)}
        built = site.run(settings, BUILDERS["buildah"])
        with pytest.raises(SbomError, match="its certificate is not trusted"):
            sboms(site, built, **{**settings, "registry_ca_path": str(certificates.other)})
        assert not (site.folder / "sbom").exists()
        assert sboms(site, built, **settings)["changed"]


def recap(words: str) -> str:
    """What a run did, in numbers: tasks that were ok, changed, skipped and so on."""
    return next(line for line in reversed(words.splitlines()) if "changed=" in line)


def test_the_role_makes_them_once_and_then_does_not_a_task_more(site: Site, role: Role) -> None:
    tree = {"source_tree": str(site.tree)}
    role.run(sbom_dir="", **tree)
    without = recap(role.run(sbom_dir="", **tree))
    assert not (site.folder / "sbom").exists()

    foreseen = role.run("--check", "--diff", **tree)
    assert role.changed(foreseen) == 1 and "list the packages of nsfl-app" in foreseen
    assert not (site.folder / "sbom").exists()
    assert role.changed(role.run(**tree)) == 1
    files = {path.name.partition("@")[0]: path for path in (site.folder / "sbom").iterdir()}
    assert set(files) == {"nsfl-base", "nsfl-app"}
    assert recap(role.run(**tree)) == without

    times = {name: path.stat().st_mtime_ns for name, path in files.items()}
    files["nsfl-app"].unlink()
    assert role.changed(role.run(**tree)) == 1
    assert files["nsfl-base"].stat().st_mtime_ns == times["nsfl-base"] and files["nsfl-app"].is_file()
    # A new image gets a file of its own; that of the one before stays.
    (site.tree / "app.txt").write_text("two")
    assert role.changed(role.run(**tree)) == 2
    assert sum(path.name.startswith("nsfl-app@") for path in (site.folder / "sbom").iterdir()) == 2
