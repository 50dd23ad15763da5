# SPDX-License-Identifier: Apache-2.0
"""The module bucket_objects against a small store of objects in memory."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from ansible_collections.neursafe.fl.plugins.modules import bucket_objects
from module_call import answer_of

PAGE = "<ListBucketResult><Name>default</Name><IsTruncated>false</IsTruncated>{}</ListBucketResult>"
ENTRY = (
    '<Contents><Key>{}</Key><Size>{}</Size><ETag>"x"</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>'
    "<StorageClass>STANDARD</StorageClass></Contents>"
)
MISSING = "<Error><Code>NoSuchKey</Code><Message>no</Message><Resource>/</Resource><RequestId>1</RequestId><HostId>1</HostId></Error>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def key(self):
        return unquote(urlsplit(self.path).path).removeprefix("/default").removeprefix("/")

    def do_HEAD(self):
        self.answer(200)

    def do_GET(self):
        objects, key = self.server.objects, self.key()
        if not key:
            entries = "".join(ENTRY.format(escape(name), len(body)) for name, (body, metadata) in sorted(objects.items()))
            return self.answer(200, PAGE.format(entries).encode(), [("Content-Type", "application/xml")])
        if key not in objects or key in self.server.gone:
            return self.answer(404, MISSING.encode(), [("Content-Type", "application/xml")])
        body, metadata = objects[key]
        return self.answer(
            200, body, [("Content-Type", "text/plain"), *((f"x-amz-meta-{name}", value) for name, value in metadata.items())]
        )

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        metadata = {name.lower()[11:]: value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")}
        self.server.objects[self.key()] = (body, metadata)
        self.answer(200, headers=[("ETag", '"x"')])

    def do_DELETE(self):
        self.server.objects.pop(self.key(), None)
        self.answer(204)

    def log_message(self, *args):
        pass


@pytest.fixture
def store():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.objects, server.gone = {"folder/": (b"", {"mode": "493"}), "folder/ä b": (b"content", {"mode": "33188", "mtime": "1"})}, set()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()


def call(capsys, store, folder: Path | None, state: str, **more):
    arguments = {
        "endpoint": f"http://127.0.0.1:{store.server_port}",
        "access_key": "nsfl",
        "secret_key": "secret-key",
        "buckets": ["default"],
        "state": state,
        **({"folder": str(folder)} if folder else {}),
        **more,
    }
    return answer_of(bucket_objects, capsys, arguments)


def test_objects_come_back_with_their_metadata(capsys, store, tmp_path):
    before = dict(store.objects)
    saved = call(capsys, store, tmp_path, "saved")
    assert (saved["counts"], saved["bytes"]) == ({"default": 2}, 7)
    store.objects.clear()
    assert call(capsys, store, tmp_path, "restored")["changed"]
    assert store.objects == before
    assert not call(capsys, store, tmp_path, "restored")["changed"]


def test_an_object_that_goes_away_meanwhile_is_left_out(capsys, store, tmp_path):
    store.gone.add("folder/")
    assert call(capsys, store, tmp_path, "saved")["counts"] == {"default": 1}


def test_other_objects_are_refused_unless_they_may_go(capsys, store, tmp_path):
    call(capsys, store, tmp_path, "saved")
    store.objects["theirs"] = (b"x", {})
    refused = call(capsys, store, tmp_path, "restored")
    assert refused["failed"]
    assert "1 objects that are not those of the backup (default/theirs); no object was changed" in refused["msg"]
    assert call(capsys, store, tmp_path, "restored", overwrite=True)["changed"]
    assert "theirs" not in store.objects


def test_all_objects_go_when_that_is_asked(capsys, store):
    assert call(capsys, store, None, "absent")["changed"]
    assert store.objects == {}
    assert not call(capsys, store, None, "absent")["changed"]


def test_a_folder_without_room_is_told(capsys, store, tmp_path):
    said = call(capsys, store, tmp_path / "missing", "saved")
    assert said["failed"]
    assert "make room, or name another folder" in said["msg"]
