# SPDX-License-Identifier: Apache-2.0
"""Build files: which images they start from, what of the context they see."""

from __future__ import annotations

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils._dockerfile import copied_paths, instructions, references, rewrite

STAGES = """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.7.8
FROM --platform=linux/amd64 python:${PYTHON} AS build
RUN pip install \\
    # a comment between
    numpy
FROM nsfl-base:latest
COPY --from=build /wheels /wheels
COPY --from=busybox:1 /bin/sh /bin/sh
COPY --from=0 /x /x
FROM scratch
FROM build
"""


def test_instructions_join_continuation_lines_and_skip_comments() -> None:
    words = [(item.word, item.rest) for item in instructions(STAGES)]
    assert words[2] == ("RUN", "pip install       numpy")
    assert [word for word, _rest in words].count("FROM") == 4


def test_references_leave_stages_scratch_and_numbers_out_and_fill_variables_in() -> None:
    assert references(STAGES, {}) == ["python:3.7.8", "nsfl-base:latest", "busybox:1"]
    assert references(STAGES, {"PYTHON": "3.7.16"})[0] == "python:3.7.16"


def test_rewrite_changes_only_what_is_mapped() -> None:
    mapping = {"nsfl-base:latest": "registry:5000/nsfl-base:c-1", "busybox:1": "mirror/busybox:1", "python:3.7.8": "mirror/python:3"}
    text = rewrite(STAGES, mapping.get, {})
    assert "FROM registry:5000/nsfl-base:c-1\n" in text
    assert "COPY --from=mirror/busybox:1 /bin/sh /bin/sh\n" in text
    assert "FROM --platform=linux/amd64 mirror/python:3 AS build\n" in text
    assert "COPY --from=build /wheels /wheels\n" in text
    assert rewrite(STAGES, lambda _reference: None, {}) == STAGES


def test_an_empty_replacement_drops_the_syntax_line() -> None:
    assert rewrite(STAGES, {"docker/dockerfile:1": ""}.get, {}).splitlines()[0] == ""
    assert rewrite(STAGES, {"docker/dockerfile:1": "mirror/frontend:1"}.get, {}).startswith("# syntax=mirror/frontend:1\n")


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("COPY a.txt b/ /x/", ["a.txt", "b"]),
        ("COPY ./ /x", ["."]),
        ("COPY . /x", ["."]),
        ("ADD --chown=1:1 lua/*.lua /x", ["lua"]),
        ("ADD *.py /x", ["."]),
        ('COPY ["with blank/a", "/x"]', ["with blank/a"]),
        ("COPY --from=build /a /b", []),
        ("ADD https://example.org/a.tar /x", []),
        ("RUN --mount=type=bind,target=/src make", ["."]),
        ("RUN --mount=type=bind,from=build,target=/src make", []),
        ("COPY $SOURCE /x", ["."]),
        ("COPY <<EOF /x", ["."]),
        ("COPY ../outside /x", ["."]),
        ("ONBUILD COPY a /x", ["."]),
    ],
)
def test_copied_paths(line: str, paths: list[str]) -> None:
    assert copied_paths(f"FROM scratch\n{line}\n") == paths
