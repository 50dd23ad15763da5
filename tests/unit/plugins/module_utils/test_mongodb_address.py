# SPDX-License-Identifier: Apache-2.0
"""Addresses of MongoDB with what clients are to know of TLS, as the client library reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._mongodb_address import with_tls, without_ca
from pymongo.uri_parser import parse_uri

HOLDS = {"tls": True, "tlsCAFile": "CA"}
# All that the library takes this one word for.
INSECURE = {
    "tlsInsecure": True,
    **dict.fromkeys(("tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames", "tlsDisableOCSPEndpointCheck"), True),
}


@pytest.fixture
def ca(tmp_path: Path) -> str:
    path = tmp_path / "database.crt"
    path.touch()
    return str(path)


@pytest.mark.parametrize(
    ("address", "mode", "with_ca", "options"),
    [
        ("h:1", "verify-full", True, HOLDS),
        ("h:1", "", True, HOLDS),
        ("h:1", "prefer", True, HOLDS),
        ("h:1", "verify-ca", True, {**HOLDS, "tlsAllowInvalidHostnames": True}),
        ("h:1", "require", True, {**HOLDS, "tlsAllowInvalidHostnames": True}),
        ("h:1", "require", False, {"tls": True, "tlsAllowInvalidCertificates": True}),
        ("h:1", "verify-full", False, {"tls": True}),
        ("h:1", "disable", True, {"tls": False}),
        ("mongodb://h:1", "verify-full", True, HOLDS),
        ("mongodb://h:1/", "verify-full", True, HOLDS),
        ("mongodb://h:1/fl", "verify-full", True, HOLDS),
        ("mongodb://h:1,i:2/fl?replicaSet=r", "verify-full", True, {**HOLDS, "replicaSet": "r"}),
        ("mongodb://h:1/?ssl=true", "", True, HOLDS),
        ("mongodb://h:1/?TLS=true", "verify-full", True, HOLDS),
        ("mongodb://h:1/?tls=true&tlsInsecure=true", "require", False, {"tls": True, **INSECURE}),
        ("mongodb://h:1/?tls=false", "verify-full", True, {"tls": False}),
        ("mongodb://h:1/?ssl=false", "require", False, {"tls": False}),
        ("mongodb://h:1/?tls=true", "disable", False, {"tls": True}),
    ],
)
def test_the_library_reads_what_is_meant(address: str, mode: str, with_ca: bool, options: dict[str, object], ca: str) -> None:
    found = parse_uri(with_tls(address, mode, ca if with_ca else ""))
    assert found["nodelist"][0] == ("h", 1)
    assert dict(found["options"]) == {name: ca if value == "CA" else value for name, value in options.items()}
    assert (found["database"] or "") == ("fl" if "/fl" in address else "")


def test_what_needs_nothing_is_left_alone() -> None:
    for address in ("h:1", "mongodb://h:1/?x=y"):
        assert with_tls(address, "prefer", "") == address
        assert with_tls(address, "", "") == address


def test_a_file_that_a_uri_names_is_the_components_own() -> None:
    named = "mongodb://h:1/?tlsCAFile=/a&tls=true"
    assert with_tls(named, "verify-full", "/b") == named
    assert without_ca(named) == "mongodb://h:1/?tls=true"
    assert without_ca("mongodb://h:1/?tlscafile=/a") == "mongodb://h:1/"
    assert without_ca("h:1") == "h:1"
