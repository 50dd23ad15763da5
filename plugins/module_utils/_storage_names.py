# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The neursafe.fl maintainers
"""Names and addresses of the storage layers: what is wrong with one, and how to write it instead. Pure."""

from __future__ import annotations

import re
import typing as t
from posixpath import normpath
from urllib.parse import urlsplit

_BUCKET = re.compile(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_ADDRESS = re.compile(r"^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\Z")
# Paths end up in unit files, mount tables and shell scripts: no character that one of them would have to quote.
_HOST = re.compile(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]+)\Z")
# s3fs takes what begins with one of these for a comment or for another format.
_NO_KEY = re.compile(r"[=,/:\s]|[^!-~]|^[#\[]")
_LONGEST_PATH, _LONGEST_NAME = 4095, 255
_PATH = re.compile(r"^/[A-Za-z0-9._/+@-]*\Z")


def bucket_problem(name: str) -> str:
    """Why `name` cannot be a bucket, with the cure; empty when it can."""
    if _BUCKET.match(name) and ".." not in name and ".-" not in name and "-." not in name and not _ADDRESS.match(name):
        return ""
    if "_" in name:
        return f"'{name}' has an underscore, which no bucket name may have; write a hyphen"
    if name != name.lower():
        return f"'{name}' has capital letters, which no bucket name may have; write it in lower case"
    if not 3 <= len(name) <= 63:
        return f"'{name}' has {len(name)} characters; a bucket name has 3 to 63"
    if _ADDRESS.match(name):
        return f"'{name}' looks like an IP address, which no bucket name may; give it a name"
    return f"'{name}' is not a bucket name; use lower-case letters, digits and hyphens, with a letter or digit at both ends"


def key_problems(access_key: str, secret_key: str, in_a_file: bool = True) -> list[str]:
    """Why the pair cannot be a MinIO user (3 to 128, 8 to 128 characters), or stand in s3fs's file; the secret is never repeated."""
    problems = []
    if not 3 <= len(access_key) <= 128:
        problems.append(f"access_key: it has {len(access_key)} characters; MinIO wants 3 to 128")
    if _NO_KEY.search(access_key):
        problems.append(
            "access_key: it contains a space, one of = , / : which S3 signatures and passwd files use as separators, "
            "or another character than these carry; use letters, digits and hyphens"
        )
    if not 8 <= len(secret_key) <= 128:
        problems.append(f"secret_key: it has {len(secret_key)} characters; MinIO wants 8 to 128")
    if re.search(r"[\s\x00-\x1f\x7f\ud800-\udfff]", secret_key if in_a_file else secret_key.replace(" ", "")):
        problems.append(
            "secret_key: it has white space, a line break or another control character in it; s3fs cannot read such a key from its file, "
            "so leave them out"
        )
    return problems


def endpoint_problem(url: str) -> str:
    """Why `url` cannot be an endpoint, with the cure; empty when it can. One with an account in it is never repeated."""
    example = "write it as http://host:9000 or https://host"
    if "@" in url:
        return "the address carries a user name; keys have settings of their own, so leave it out"
    if "://" not in url:
        return f"'{url}' has no scheme; {example}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"'{url}' has no valid host or no valid port (1 to 65535, after a colon); {example}"
    if parts.scheme not in ("http", "https"):
        return f"'{url}' has the scheme '{parts.scheme}'; {example}"
    if parts.path.strip("/") or parts.query or parts.fragment:
        return f"'{url}' has a path; an S3 endpoint is a host and a port only"
    host = parts.hostname or ""
    labels = host.split(".")
    if port is None and len(labels) == 5 and all(label.isdecimal() for label in labels):
        return f"'{url}' has a dot where the colon before the port belongs; write {parts.scheme}://{'.'.join(labels[:4])}:{labels[4]}"
    # urlsplit passes over line breaks and tabs.
    if not _HOST.match(host) or re.search(r"\s", url) or not _numbers_are_an_address(labels):
        return f"'{url}' names no valid host; {example}"
    if port == 0:
        return f"'{url}' has port 0; {example}"
    return ""


def _numbers_are_an_address(labels: list[str]) -> bool:
    """What consists of numbers has to be an IPv4 address."""
    if not all(label.isdecimal() for label in labels):
        return "" not in labels
    return len(labels) == 4 and all(int(label) < 256 for label in labels)


def path_problem(path: t.Any) -> str:
    """Why `path` cannot be a folder of ours, with the cure; empty when it can."""
    text = str(path)
    if not text.startswith("/"):
        return f"'{text}' is not an absolute path; write it from / on"
    if ".." in text.split("/"):
        return f"'{text}' contains '..'; write the folder itself"
    if len(text) > _LONGEST_PATH or any(len(part) > _LONGEST_NAME for part in text.split("/")):
        return f"'{text}' has {len(text)} characters; a path has at most {_LONGEST_PATH}, and each name in it {_LONGEST_NAME}"
    if not _PATH.match(text):
        return f"'{text}' has characters that unit files cannot carry; use letters, digits and . _ + @ - only"
    if text.rstrip("/") == "":
        return "'/' is the whole machine; name a folder below it"
    plain = normpath(re.sub("/+", "/", text))
    # It is joined with names, and compared with the mount table, which has it plainly.
    if text != plain:
        return f"'{text}' is not written as the mount table has it; write {plain}"
    return ""


def whole_number(value: t.Any) -> int | None:
    """An int, or a string of digits as ini inventories give it; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and re.match(r"^-?[0-9]{1,18}\Z", value) else None


def number_problem(value: t.Any, least: int, most: int) -> str:
    """Why `value` is no whole number from `least` to `most`; empty when it is."""
    number = whole_number(value)
    if number is None:
        return f"'{value}' is not a whole number; give one from {least} to {most}"
    if not least <= number <= most:
        return f"{number} is out of range; give a number from {least} to {most}"
    return ""
