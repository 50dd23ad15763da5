# SPDX-License-Identifier: Apache-2.0
"""Whatever is legal in a secret reaches the place where it is read, byte for byte; what a format cannot carry is refused before."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from string import printable
from typing import Any

import pytest
from ansible_collections.neursafe.fl.plugins.filter.environment_file import FilterModule as EnvironmentFilter
from ansible_collections.neursafe.fl.plugins.filter.s3fs_passwd import s3fs_passwd
from ansible_collections.neursafe.fl.plugins.module_utils._render import client_objects, server_objects
from ansible_collections.neursafe.fl.plugins.plugin_utils._setting_values import value_problems
from corpus import base, problems, put, quick_checksums
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[3]
environment_file = EnvironmentFilter().filters()["environment_file"]
SECRETS = {
    "colon": "can:ary:",
    "percent": "100%canary%h%%",
    "double quote": 'can"ary"',
    "single quote": "can'ary'",
    "backslash": "can\\ary\\n\\",
    "dollar": "$canary${HOME}$(id)`id`",
    "braces": "{{ canary }}{% raw %}{#",
    "hash": "#canary # no comment",
    "spaces": "can ary  canary",
    "white space at the ends": " canary ",
    "equals and ampersand": "canary=1&x=2;y",
    "slashes": "can/ary@host:5432/db?x",
    "brackets": "[canary]<canary>",
    "umlauts": "canary-Größe",
    "beyond the first plane": "canary-🔑",
    "a mark that joins": "canary-e\u0301",
    "yaml": "canary: - !unsafe &a *a",
    "a word that is none": "null",
    "digits": "0123456789",
    "all that is printed": "".join(sign for sign in printable if sign.isprintable()),
    "4 KB": "canäry" * 680,
}
# What a web page, an address and a secret have in common is not the point here: any text without control characters.
ANY = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200)


def secret(objects: list[dict[str, Any]], name: str) -> dict[str, bytes]:
    (found,) = [item for item in objects if item["kind"] == "Secret" and item["metadata"]["name"] == name]
    return {key: b64decode(value) for key, value in found["data"].items()}


def reaches_the_cluster(text: str) -> None:
    """In both sides' Secrets, and in no other object."""
    server, client = base("server"), base("client")
    for path in ("db.password", "storage.password"):
        put(server, path, text)
    put(client, "db.password", text)
    assert problems("server", server) == problems("client", client) == []
    assert list(value_problems("nsfl_db_password", text, {"type": "str"})) == []
    with quick_checksums():
        objects = json.loads(json.dumps(server_objects(server) + client_objects(client)))
    assert secret(objects, "pgsecret") == {"username": b"fl", "password": text.encode()}
    assert secret(objects, "miniosecret")["password"] == text.encode()
    assert secret(objects, "nsfl-task-manager-database")["password"] == text.encode()
    assert "canary" not in text or text not in json.dumps([item for item in objects if item["kind"] != "Secret"], ensure_ascii=False)


@pytest.mark.parametrize("name", SECRETS)
def test_a_password_reaches_the_cluster_byte_for_byte(name: str) -> None:
    reaches_the_cluster(SECRETS[name])


@settings(deadline=None, derandomize=True, max_examples=100)
@given(ANY)
def test_any_password_reaches_the_cluster_byte_for_byte(text: str) -> None:
    reaches_the_cluster(text)


def s3fs_reads(text: str) -> tuple[str, str] | None:
    """The keys that s3fs takes from its file: as measured with s3fs 1.90, blanks and a second colon are not for the short form."""
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.strip().startswith("#")]
    if any(" " in line or "\t" in line or line.startswith("[") for line in lines):
        return None
    long = dict(line.split("=", 1) for line in lines if "=" in line)
    if "AWSAccessKeyId" in long and "AWSSecretKey" in long:
        return long["AWSAccessKeyId"], long["AWSSecretKey"]
    short = [line.split(":") for line in lines if line.count(":") == 1]
    return (short[0][0], short[0][1]) if len(short) == 1 else None


def reaches_s3fs_or_is_refused(access_key: str, secret_key: str) -> bool:
    store = base("shared_storage") | {"access_key": access_key, "secret_key": secret_key}
    found = problems("shared_storage", store)
    if found:
        assert all(text.startswith(("nsfl_s3_secret_key: it ", "nsfl_s3_access_key: it ")) for text in found)
        assert len(secret_key) < 6 or not any(secret_key in text for text in found)
    else:
        assert s3fs_reads(s3fs_passwd(access_key, secret_key)) == (access_key, secret_key)
    return not found


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_key_reaches_s3fs_or_is_refused(name: str) -> None:
    text = SECRETS[name]
    legal = 8 <= len(text) <= 128 and not any(sign.isspace() for sign in text)
    assert reaches_s3fs_or_is_refused("nsfl", text) is legal


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(min_size=3, max_size=20), st.text(min_size=6, max_size=130))
def test_any_pair_of_keys_reaches_s3fs_or_is_refused(access_key: str, secret_key: str) -> None:
    reaches_s3fs_or_is_refused(access_key, secret_key)


def systemd_reads(text: str) -> dict[str, str]:
    """An environment file as systemd takes it: in double quotes, a backslash makes a sign of ", \\, $ and ` plain."""
    found = {}
    for line in text.split("\n")[:-1]:
        name, _equals, rest = line.partition("=")
        assert rest[0] == rest[-1] == '"'
        value, signs = "", iter(rest[1:-1])
        for sign in signs:
            assert sign != '"'
            value += next(signs) if sign == "\\" else sign
        found[name] = value
    return found


@settings(deadline=None, derandomize=True, max_examples=100)
@given(ANY)
def test_any_password_reaches_the_object_store(text: str) -> None:
    assert systemd_reads(environment_file({"MINIO_ROOT_PASSWORD": text})) == {"MINIO_ROOT_PASSWORD": text}


def systemd_runs(words: str) -> str:
    """An argument in double quotes as systemd gives it to the program: backslashes, specifiers and variables are worked out."""
    plain = re.sub(r"\\(.)", r"\1", words)
    assert re.sub(r"%%|\$\$", "", plain).count("%") == re.sub(r"%%|\$\$", "", plain).count("$") == 0
    return plain.replace("%%", "%").replace("$$", "$")


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.one_of(ANY, st.sampled_from(list(SECRETS.values()))))
def test_any_value_reaches_a_standalone_client(text: str) -> None:
    template = (ROOT / "roles" / "nsfl_client" / "templates" / "client.service.j2").read_text(encoding="utf-8")
    assert template.count("{{ word(") == 2, "of the variables and of the further arguments"
    macro = template[: template.index("{%- endmacro")]
    word = Environment().from_string(macro + "{% endmacro %}{{ word(value) }}").render(value=text).strip("\n")
    assert word[0] == word[-1] == '"' and systemd_runs(word[1:-1]) == text


@pytest.mark.parametrize("name", SECRETS)
def test_a_token_reaches_the_proxy_or_is_refused(name: str) -> None:
    settings_ = base("server")
    put(settings_, "proxy.token", SECRETS[name])
    found = problems("server", settings_)
    assert [text.split(":")[0] for text in found] == (
        [] if all("!" <= sign <= "~" for sign in SECRETS[name]) else ["nsfl_server_proxy_token"]
    )
    assert "canary" not in " ".join(found)
    if not found:
        with quick_checksums():
            assert secret(server_objects(settings_), "nsfl-proxy-token") == {"token": SECRETS[name].encode()}
