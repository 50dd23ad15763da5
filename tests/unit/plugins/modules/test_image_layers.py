# SPDX-License-Identifier: Apache-2.0
"""Layers are read as a stream and put over each other as a container would see them."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace

import pytest
from ansible_collections.neursafe.fl.plugins.module_utils import _image_layers as image_layers
from ansible_collections.neursafe.fl.plugins.module_utils._image_layers import Layer, LayerError, merged, read_layer
from image_fake import HARDLINK, SYMLINK, Member, archive, packed, sha256


def is_wanted(path: str) -> bool:
    return path.endswith("wanted")


def read(content: bytes) -> Layer:
    return read_layer(io.BytesIO(content), sha256(content), is_wanted, {"rpm"})


def seen(*layers: Mapping[str, Member]) -> dict[str, str]:
    """The wanted files of an image of these layers."""
    return {path: content.decode() for path, content in merged(read(packed(layer)) for layer in layers).items()}


LOWER = {"./a/": None, "./a/wanted": "low", "./a/b/wanted": "deep", "./a/other": "no matter", "/c/wanted": "absolute"}
ALL = {"a/wanted": "low", "a/b/wanted": "deep", "c/wanted": "absolute"}


def test_wanted_files_alone_are_kept_by_their_path_from_the_root() -> None:
    assert seen(LOWER) == ALL


@pytest.mark.parametrize(
    ("upper", "change"),
    [
        ({"a/wanted": "high"}, {"a/wanted": "high"}),
        ({"a/.wh.wanted": ""}, {"a/wanted": None}),
        ({"a/.wh.b": ""}, {"a/b/wanted": None}),
        ({".wh.a": ""}, {"a/wanted": None, "a/b/wanted": None}),
        ({"a/.wh..wh..opq": ""}, {"a/wanted": None, "a/b/wanted": None}),
        ({".wh..wh..opq": ""}, dict.fromkeys(ALL)),
        ({"a/b/.wh..wh..opq": ""}, {"a/b/wanted": None}),
        # What a layer adds beside its whiteouts is there, in whichever order the archive has them.
        ({"a/wanted": "high", "a/.wh..wh..opq": ""}, {"a/wanted": "high", "a/b/wanted": None}),
        ({".wh.a": "", "a/": None, "a/b/wanted": "high"}, {"a/wanted": None, "a/b/wanted": "high"}),
        # Names that only begin alike.
        ({".wh.a2": "", "a/.wh.want": ""}, {}),
        # A folder stays a folder with what is in it; anything else in its place hides that.
        ({"a/": None, "a/b/": None}, {}),
        ({"a/b": "a file now"}, {"a/b/wanted": None}),
        ({"a": (SYMLINK, "c")}, {"a/wanted": None, "a/b/wanted": None}),
        ({"a/wanted": (SYMLINK, "b/wanted")}, {"a/wanted": None}),
        ({"x/wanted": "one", "y/wanted": (HARDLINK, "./x/wanted")}, {"x/wanted": "one", "y/wanted": "one"}),
    ],
)
def test_the_upper_layer_wins(upper: dict[str, Member], change: dict[str, str | None]) -> None:
    assert seen(LOWER, upper) == {path: text for path, text in {**ALL, **change}.items() if text is not None}


def test_what_is_taken_away_may_come_again() -> None:
    assert seen(LOWER, {"a/.wh.wanted": ""}, {"a/wanted": "again"}) == {**ALL, "a/wanted": "again"}
    assert seen({"a/.wh.wanted": ""}, LOWER) == ALL


def test_of_what_is_only_noted_nothing_is_kept() -> None:
    assert read(packed({"rpm": "x" * 1000})).files == {"rpm": b""}


def test_layers_may_be_unpacked_empty_or_packed_in_several_parts() -> None:
    plain = archive({"wanted": "text"})
    assert read(plain).files == read(gzip.compress(plain[:700]) + gzip.compress(plain[700:])).files == {"wanted": b"text"}
    assert read(packed({})) == Layer()
    # What follows the archive's end is part of the layer, and of its checksum.
    assert read(plain + b"\0" * 10**6).files == read(gzip.compress(plain) + b"\0" * 10**6).files == {"wanted": b"text"}


def test_a_long_archive_is_not_kept_in_memory() -> None:
    """A stream is all that is needed: no seeking, and no more at once than a piece."""

    class Stream:
        def __init__(self, content: bytes) -> None:
            self.content, self.largest = io.BytesIO(content), 0

        def read(self, size: int) -> bytes:
            self.largest = max(self.largest, size)
            return self.content.read(size)

    content = packed({"large": "0123456789" * 10**6, "wanted": "text"})
    stream = Stream(content)
    assert read_layer(stream, sha256(content), is_wanted).files == {"wanted": b"text"}
    assert 0 < stream.largest < 2**20


WHOLE = packed({"wanted": "text", "more": "".join(str(number) for number in range(10000))})


@pytest.mark.parametrize(
    ("content", "digest", "words"),
    [
        (WHOLE, sha256(b""), "is damaged: its content has another checksum"),
        (WHOLE + b"\0" * 512, sha256(WHOLE), "another checksum"),
        (WHOLE[:-100], sha256(WHOLE), "cannot be read"),
        (b"no archive", sha256(b"no archive"), "cannot be read"),
        (b"", sha256(b""), "cannot be read"),
        (archive({"wanted": (HARDLINK, "elsewhere")}), "", "wanted is a hard link to elsewhere, which is not read"),
    ],
)
def test_what_is_wrong_with_a_layer_is_said(content: bytes, digest: str, words: str) -> None:
    with pytest.raises(LayerError, match=words):
        read_layer(io.BytesIO(content), digest, is_wanted)


def test_a_huge_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_layers, "_LARGEST", 3)
    assert read(packed({"wanted": "123"})).files == {"wanted": b"123"}
    with pytest.raises(LayerError, match="wanted has 4 bytes, which is no list of packages"):
        read(packed({"wanted": "1234"}))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="there the standard library has zstd")
def test_zstd_is_refused_with_what_to_do_where_python_has_none() -> None:
    with pytest.raises(LayerError, match=r"zstd, which Python can read from 3\.14 on; pack it with gzip"):
        read(b"\x28\xb5\x2f\xfd" + b"0" * 100)


def test_zstd_is_read_where_python_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the module of its name; here one that turns it into the plain archive."""

    def opened(packed: io.BufferedReader) -> io.BytesIO:
        return io.BytesIO(packed.read()[4:])

    monkeypatch.setitem(sys.modules, "compression", ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", SimpleNamespace(ZstdFile=opened))
    assert read(b"\x28\xb5\x2f\xfd" + archive({"wanted": "text"})).files == {"wanted": b"text"}
