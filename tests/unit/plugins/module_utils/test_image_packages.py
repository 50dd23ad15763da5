# SPDX-License-Identifier: Apache-2.0
"""What package managers note in an image is read as they mean it."""

from __future__ import annotations

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._image_packages import Package, System, is_wanted, packages, purl, system
from ansible_collections.neursafe.fl.plugins.module_utils._licences import as_spdx

DPKG = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u10
Description: GNU C Library
 Package: not-a-package
 .
 Version: 1

Package: left-over
Status: deinstall ok config-files
Version: 1.0

Package: never
Status: unknown ok not-installed

Package: half
Status: install ok half-configured
Architecture: all
Version: 1:2~rc1
Source: halves (1:1.9)

"""
APK = """\
C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
L:MIT
o:musl
F:lib
R:ld-musl-x86_64.so.1

P:libcrypto3
V:3.1.4-r5
A:x86_64
L:Apache-2.0 and friends
o:openssl
"""


def names(path: str, text: str) -> list[tuple[str, str]]:
    return [(one.name, one.version) for one in packages({path: text.encode()})]


def test_dpkg_lists_what_is_there_and_not_what_is_left_of_it() -> None:
    assert list(packages({"var/lib/dpkg/status": DPKG.encode()})) == [
        Package("deb", "half", "1:2~rc1", "all", "halves 1:1.9"),
        Package("deb", "libc6", "2.36-9+deb12u10", "amd64", "glibc 2.36-9+deb12u10"),
    ]


def test_dpkg_of_an_image_without_dpkg_has_a_file_for_each_package() -> None:
    text = "Package: tzdata\nVersion: 2025b-0+deb12u2\nArchitecture: all\n"
    assert names("var/lib/dpkg/status.d/tzdata", text) == [("tzdata", "2025b-0+deb12u2")]
    assert not is_wanted("var/lib/dpkg/status.d/tzdata.md5sums") and not is_wanted("var/lib/dpkg/status-old")


@pytest.mark.parametrize("path", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_apk_is_read_by_its_letters(path: str) -> None:
    assert list(packages({path: APK.encode()})) == [
        Package("apk", "libcrypto3", "3.1.4-r5", "x86_64", "openssl 3.1.4-r5"),
        Package("apk", "musl", "1.2.4-r2", "x86_64", "", "MIT"),
    ]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO", True),
        ("usr/lib/python3/dist-packages/six-1.16.0.egg-info", True),
        ("opt/venv/lib/python3.11/site-packages/numpy-1.24.2.dist-info/METADATA", True),
        ("opt/venv/lib/python3.11/site-packages/numpy-1.24.2.dist-info/RECORD", False),
        ("srv/METADATA", False),
    ],
)
def test_metadata_of_python_is_found_wherever_it_is(path: str, wanted: bool) -> None:
    assert is_wanted(path) == wanted
    assert names(path, "Metadata-Version: 2.1\r\nName: Foo_Bar.baz\r\nVersion: 1.0\r\n\r\nVersion: 9\r\n") == (
        [("Foo_Bar.baz", "1.0")] if wanted else []
    )


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: BSD", "MIT OR Apache-2.0"),
        ("License: BSD-3-Clause", "BSD-3-Clause"),
        ("License: BSD", ""),
        ("License: MIT\n        Copyright (c) somebody\nClassifier: License :: OSI Approved :: MIT License", ""),
        ("Classifier: License :: OSI Approved :: MIT License", ""),
    ],
)
def test_a_licence_is_taken_where_it_is_stated_plainly(fields: str, licence: str) -> None:
    (found,) = packages({"x.egg-info": f"Name: x\nVersion: 1\n{fields}\n\nLicense: GPL-2.0-only\n".encode()})
    assert found.licence == licence


NO_EXPRESSIONS = [
    *(
        "",
        "()",
        "MIT License",
        "MIT MIT",
        "MIT and ISC",
        "MIT AND",
        "(MIT",
        "MIT)",
        ")MIT(",
        "MIT WITH ISC",
        "(MIT) WITH GCC-exception-3.1",
    ),
    *("Apache 2.0", "BSD", "MIT MIT", "LicenseRef-x", "UNKNOWN", "(" * 200 + "MIT" + ")" * 199, "MIT OR " * 100 + "MIT"),
]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("mit", "MIT"),
        ("GPL-2.0+", "GPL-2.0+"),
        ("( GPL-2.0-only  WITH Classpath-exception-2.0 ) OR (MIT AND ISC)", "(GPL-2.0-only WITH Classpath-exception-2.0) OR (MIT AND ISC)"),
        *[(text, "") for text in NO_EXPRESSIONS],
    ],
)
def test_nothing_but_an_expression_of_spdx_is_one(said: str, meant: str) -> None:
    assert as_spdx(said) == meant


def test_a_package_in_two_places_is_one_with_both() -> None:
    text = b"Name: x\nVersion: 1\n"
    assert list(packages({"b/x-1.dist-info/METADATA": text, "a/x-1.dist-info/METADATA": text}).values()) == [
        ["a/x-1.dist-info/METADATA", "b/x-1.dist-info/METADATA"]
    ]


def test_what_is_not_utf8_or_has_no_name_is_no_obstacle() -> None:
    assert names("x.egg-info", "Summary: nothing\n") == names("x.egg-info", "") == []
    (found,) = packages({"x.egg-info": b"Name: x\nVersion: 1\nAuthor: J\xf6rg\n"})
    assert found.name == "x"


def test_the_system_is_told_by_the_first_file_that_is_there() -> None:
    assert system({"usr/lib/os-release": b'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n'}) == System("debian", "12")
    assert system({"usr/lib/os-release": b"ID=debian\n", "etc/os-release": b"ID='alpine'\n"}) == System("alpine")
    assert system({}) == System()


@pytest.mark.parametrize(
    ("package", "of", "url"),
    [
        (Package("deb", "g++", "4:1-2", "amd64"), System("debian", "12"), "pkg:deb/debian/g%2B%2B@4:1-2?arch=amd64&distro=debian-12"),
        (Package("deb", "tzdata", "1~rc+1"), System(), "pkg:deb/debian/tzdata@1~rc%2B1"),
        (Package("apk", "musl", "1.2.4-r2", "x86_64"), System("alpine"), "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine"),
        (Package("pypi", "Foo_Bar.baz", "1.0+cpu"), System("debian", "12"), "pkg:pypi/foo-bar.baz@1.0%2Bcpu"),
    ],
)
def test_a_package_url_is_what_scanners_look_for(package: Package, of: System, url: str) -> None:
    assert purl(package, of) == url
