# SPDX-License-Identifier: Apache-2.0
"""Bucket names, endpoints, keys, paths and numbers: good ones pass, bad ones get a cure."""

from __future__ import annotations

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _storage_names as names


@pytest.mark.parametrize("name", ["default", "team-b", "nsfl-system", "a1b", "x" * 63, "a.b.c"])
def test_good_buckets(name):
    assert names.bucket_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("coordinator_configs", "write a hyphen"),
        ("Default", "lower case"),
        ("ab", "2 characters"),
        ("x" * 64, "64 characters"),
        ("", "0 characters"),
        ("10.0.0.5", "IP address"),
        ("-abc", "both ends"),
        ("abc-", "both ends"),
        ("a..b", "not a bucket name"),
        ("a/b", "not a bucket name"),
        ("../../etc", "not a bucket name"),
        ("a%2eb", "not a bucket name"),
        ("a b c", "not a bucket name"),
        ("a;reboot", "not a bucket name"),
        ("{{ x }}", "not a bucket name"),
        ("bücket", "not a bucket name"),
        ("abc\n", "not a bucket name"),
    ],
)
def test_bad_buckets(name, words):
    assert words in names.bucket_problem(name)


@pytest.mark.parametrize("url", ["http://10.0.0.5:9000", "https://s3.example.org", "http://minio:9000/", "http://[::1]:9000"])
def test_good_endpoints(url):
    assert names.endpoint_problem(url) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("10.0.0.5:9000", "no scheme"),
        ("http://10.67.134.15.9000", "write http://10.67.134.15:9000"),
        ("ftp://host:21", "scheme 'ftp'"),
        ("http://host:0", "port 0"),
        ("http://host:70000", "no valid port"),
        ("http://host:port", "no valid port"),
        ("http://user:secret-canary@host:9000", "carries a user name"),
        ("http://host:9000/bucket", "has a path"),
        ("http://host:9000?x=1", "has a path"),
        ("http://", "no valid host"),
        ("http://1.2.3:9000", "no valid host"),
        ("http://my host:9000", "no valid host"),
        ("http://{{ host }}:9000", "no valid host"),
        ("http://a_b:9000", "no valid host"),
    ],
)
def test_bad_endpoints(url, words):
    problem = names.endpoint_problem(url)
    assert words in problem and "secret-canary" not in problem


def test_keys_are_checked_and_never_repeated():
    assert names.key_problems("nsfl", 's:e%c"ré' * 2) == []
    assert len(names.key_problems("ab", "canary7")) == 2
    assert "separators" in names.key_problems("a:b", "long-enough")[0]
    assert "separators" in names.key_problems("a b", "long-enough")[0]
    for secret in ("canary-5", "canary-5" * 17, " canary-5 ", "canary-5\nx"):
        assert "canary-5" not in " ".join(names.key_problems("nsfl", secret))
    assert "line break" in names.key_problems("nsfl", "canary-5\nx")[0]


@pytest.mark.parametrize("path", ["/mnt/neursafe_fl", "/srv/a-b.c+d@e"])
def test_good_paths(path):
    assert names.path_problem(path) == ""


@pytest.mark.parametrize("path", ["", "mnt", "~/x", "/", "//", "/a/../b", "/a b", "/a;b", "/a$b", "/a%i", "/a\nb", "/ä", "/a'b", "/a\0"])
def test_bad_paths(path):
    assert names.path_problem(path)


@pytest.mark.parametrize(
    ("value", "good"), [(9000, True), ("9000", True), (0, False), (70000, False), ("x", False), (True, False), (1.5, False)]
)
def test_ports(value, good):
    assert (names.number_problem(value, 1, 65535) == "") is good
