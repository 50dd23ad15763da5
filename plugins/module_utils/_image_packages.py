# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of an image, as dpkg, apk and Python's installers note them in its files."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.neursafe.fl.plugins.module_utils._licences import as_spdx

_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_PYTHON = (".dist-info/METADATA", ".egg-info/PKG-INFO", ".egg-info")
# The first is a link to the second on most systems.
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_RPM_FOLDERS, _RPM_NAMES = ("var/lib/rpm", "usr/lib/sysimage/rpm"), ("Packages", "Packages.db", "rpmdb.sqlite")
RPM = frozenset(f"{folder}/{name}" for folder in _RPM_FOLDERS for name in _RPM_NAMES)
_NOT_THERE = ("not-installed", "config-files")
_SOURCE = re.compile(r"(?P<name>\S+)(?: \((?P<version>\S+)\))?")
Files = t.Mapping[str, bytes]


@dataclass(frozen=True, order=True)
class Package:
    """One package. Its kind is the type of its package URL; the source is named where the package is not its namesake."""

    kind: str
    name: str
    version: str
    architecture: str = ""
    source: str = ""
    licence: str = ""


@dataclass(frozen=True)
class System:
    """Which distribution the image is of; empty texts when it does not say."""

    name: str = ""
    version: str = ""


def is_wanted(path: str) -> bool:
    """Whether that file of an image names packages, or the system that they are of."""
    return path in _OS_RELEASE or _reader(path) is not None


def packages(files: Files) -> dict[Package, list[str]]:
    """Every package that these files name, each with the files that do, in one order whatever that of the files is."""
    found: dict[Package, list[str]] = {}
    for path, content in sorted(files.items()):
        read = _reader(path)
        if read:
            for package in read(content.decode("utf-8", errors="replace").replace("\r\n", "\n")):
                found.setdefault(package, []).append(path)
    return dict(sorted(found.items()))


def system(files: Files) -> System:
    """What os-release says."""
    text = next((files[path].decode("utf-8", errors="replace") for path in _OS_RELEASE if path in files), "")
    said = {key: value.strip("\"'") for key, _equals, value in (line.strip().partition("=") for line in text.splitlines())}
    return System(said.get("ID", ""), said.get("VERSION_ID", ""))


def purl(package: Package, of: System) -> str:
    """The package URL, as scanners look it up."""
    name = package.name.lower().replace("_", "-") if package.kind == "pypi" else package.name.lower()
    vendor = {"deb": of.name or "debian", "apk": of.name or "alpine"}.get(package.kind, "")
    qualifiers = {"arch": package.architecture}
    if vendor and of.name:
        qualifiers["distro"] = f"{of.name}-{of.version}" if of.version else of.name
    place = f"{_quoted(vendor)}/{_quoted(name)}" if vendor else _quoted(name)
    asked = "&".join(f"{key}={_quoted(value)}" for key, value in sorted(qualifiers.items()) if value)
    return f"pkg:{package.kind}/{place}@{_quoted(package.version)}{f'?{asked}' if asked else ''}"


def _quoted(text: str) -> str:
    return quote(text, safe=":")


def _reader(path: str) -> t.Callable[[str], t.Iterator[Package]] | None:
    if path == "var/lib/dpkg/status" or (path.startswith("var/lib/dpkg/status.d/") and not path.endswith(".md5sums")):
        return of_dpkg
    if path in _APK:
        return of_apk
    return of_python if path.endswith(_PYTHON) else None


# --- readers of each kind ------------------------------------------------------------------------------------------------


def of_dpkg(text: str) -> t.Iterator[Package]:
    """What is unpacked, configured or not; a package of which only its configuration is left is not there."""
    for paragraph in _paragraphs(text):
        one = _fields(paragraph)
        name, version, state = one.get("Package", ""), one.get("Version", ""), one.get("Status", "installed").split()[-1:]
        if name and version and state and state[0] not in _NOT_THERE:
            yield Package("deb", name, version, one.get("Architecture", ""), _source(one.get("Source", ""), version))


def _source(field: str, version: str) -> str:
    said = _SOURCE.fullmatch(field)
    return f"{said['name']} {said['version'] or version}" if said else ""


def of_apk(text: str) -> t.Iterator[Package]:
    """The letters are apk's: package, version, architecture, origin, licence."""
    for paragraph in _paragraphs(text):
        one = {line[:1]: line[2:].strip() for line in reversed(paragraph.splitlines()) if line[1:2] == ":"}
        name, version, origin = one.get("P", ""), one.get("V", ""), one.get("o", "")
        if name and version:
            source = f"{origin} {version}" if origin not in ("", name) else ""
            yield Package("apk", name, version, one.get("A", ""), source, as_spdx(one.get("L", "")))


def of_python(text: str) -> t.Iterator[Package]:
    """The metadata of one distribution; what follows the first empty line is its description."""
    one = _fields(text.lstrip("\n").partition("\n\n")[0])
    name, version = one.get("Name", ""), one.get("Version", "")
    if name and version:
        yield Package("pypi", name, version, licence=as_spdx(one.get("License-Expression") or one.get("License", "")))


def _paragraphs(text: str) -> t.Iterator[str]:
    return (part for part in re.split(r"\n{2,}", text.strip("\n")) if part)


def _fields(paragraph: str) -> dict[str, str]:
    """Fields by name, the first of each; a line that begins with a blank goes on with the field before it."""
    found: dict[str, str] = {}
    for field in re.split(r"\n(?![ \t])", paragraph):
        name, _colon, value = field.partition(":")
        found.setdefault(name, value.strip())
    return found
