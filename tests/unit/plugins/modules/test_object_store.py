# SPDX-License-Identifier: Apache-2.0
"""The module object_store against a small HTTP server that answers as an S3 endpoint would."""

from __future__ import annotations

import email.utils
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.neursafe.fl.plugins.modules import object_store
from module_call import answer_of

LIST = "<ListAllMyBucketsResult><Buckets>{}</Buckets></ListAllMyBucketsResult>"
BUCKET = "<Bucket><Name>{}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>"
ERROR = "<Error><Code>{}</Code><Message>no</Message><Resource>/</Resource><RequestId>1</RequestId><HostId>1</HostId></Error>"


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body, skew=0):
        self.send_response_only(status)
        self.send_header("Date", email.utils.formatdate(time.time() + skew, usegmt=True))
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        server = self.server
        server.asked += 1
        if server.busy and server.asked % server.busy == 0:
            self.answer(503, ERROR.format("SlowDown"))
        elif server.failure:
            self.answer(403, ERROR.format(server.failure), server.skew)
        elif self.path.startswith("/minio/admin"):
            self.answer(404, "not minio")
        else:
            self.answer(200, LIST.format("".join(BUCKET.format(name) for name in server.buckets)))

    def do_HEAD(self):
        self.send_response(403)
        self.end_headers()

    def do_PUT(self):
        self.server.puts.append(self.path)
        self.server.buckets.append(self.path.strip("/"))
        self.answer(200, "")

    def log_message(self, *args):
        pass


@pytest.fixture
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.buckets, server.puts, server.failure, server.skew = ["default"], [], "", 0
    server.asked, server.busy = 0, 0
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()


def call(capsys, server, check=False, **options):
    arguments = {
        "endpoint": f"http://127.0.0.1:{server.server_port}" if server else "http://127.0.0.1:9",
        "access_key": "root",
        "secret_key": "canary-secret",
        "buckets": ["default", "models"],
        "labels": {"secret_key": "nsfl_object_store_root_password", "endpoint": "nsfl_s3_endpoint"},
        "_ansible_check_mode": check,
        **options,
    }
    result = answer_of(object_store, capsys, arguments)
    assert "canary-secret" not in json.dumps(result)
    return result


def test_only_missing_buckets_are_made_and_once(capsys, endpoint):
    assert call(capsys, endpoint, check=True)["changes"] == ["make bucket models"]
    assert endpoint.puts == []
    assert call(capsys, endpoint)["changes"] == ["make bucket models"]
    assert call(capsys, endpoint)["changed"] is False
    assert endpoint.puts == ["/models"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("InvalidAccessKeyId", "no user of that access key exists"),
        ("SignatureDoesNotMatch", "nsfl_object_store_root_password: http"),
        ("RequestTimeTooSkewed", "3600 s ahead of this machine's"),
        ("AccessDenied", "may not do this"),
        ("InternalThing", "is it an S3 endpoint"),
    ],
)
def test_failures_name_setting_cause_and_cure(capsys, endpoint, code, words):
    endpoint.failure, endpoint.skew = code, 3600.5
    result = call(capsys, endpoint)
    assert result["failed"] and words in result["msg"]


def test_an_endpoint_without_the_admin_api_is_named(capsys, endpoint):
    result = call(capsys, endpoint, user={"access_key": "nsfl", "secret_key": "long-enough"})
    assert "nsfl_object_store_manage_user" in result["msg"]


def test_nothing_listens(capsys, monkeypatch):
    told = []
    monkeypatch.setattr(object_store.AnsibleModule, "warn", lambda _module, text: told.append(text))
    assert "nsfl_s3_endpoint: nothing answers" in call(capsys, None)["msg"]
    predicted = call(capsys, None, check=True)
    assert predicted["changes"] == ["make bucket default", "make bucket models"] and "counted as not there yet" in told[0]


def test_f08_a_store_that_is_busy_now_and_then_is_asked_again(capsys, endpoint):
    endpoint.busy = 2
    for _turn in range(5):
        assert not call(capsys, endpoint, check=True).get("failed")
    assert endpoint.asked >= 9


def test_f08_a_store_that_is_busy_all_the_time_is_told_of(capsys, endpoint):
    endpoint.busy = 1
    result = call(capsys, endpoint)
    assert result["failed"] and "is busy, or not ready yet (SlowDown, 4 times)" in result["msg"] and endpoint.asked == 4


def test_f07_a_store_that_hangs_is_given_up_after_one_time_limit(capsys):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        result = call(capsys, None, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=1)
    assert result["failed"] and "nsfl_s3_endpoint: nothing answers" in result["msg"] and "timed out" in result["msg"]
    assert 1 <= time.monotonic() - began < 2


def test_bad_input_is_refused_before_any_request(capsys, endpoint):
    result = call(capsys, endpoint, buckets=["a_b", "Ab"])
    assert "hyphen" in result["msg"] and "lower case" in result["msg"] and endpoint.puts == []
