# SPDX-License-Identifier: Apache-2.0
"""Runs a command and counts meanwhile, by MinIO's own trace, what the store is asked: `reads` and `writes` (PUT, POST, DELETE).

python bench/ours/s3_requests.py ansible-playbook playbooks/server.yml -i inventories/lab
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "place"))

import urllib3
from minio.credentials import Credentials
from minio.signer import sign_v4_s3
from site_settings import site

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
WRITES = ("PUT", "POST", "DELETE", "PATCH")
# A trace shows what comes after it has begun, and what ends before it is cut off.
GRACE = 1.0


def trace(here: dict[str, str]) -> urllib3.BaseHTTPResponse:
    """An endless answer: a JSON object a line for each request to the S3 interface."""
    url = urlsplit(f"https://{here['ADDRESS']}:9000/minio/admin/v3/trace?s3=true")
    account = Credentials("nsfl-root", here["S3_ROOT_PASSWORD"])
    now = datetime.now(UTC)
    headers: dict[str, str | list[str] | tuple[str]] = {
        "Host": url.netloc,
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    signed = sign_v4_s3(method="GET", url=url, region="us-east-1", headers=headers, credentials=account, content_sha256=EMPTY, date=now)
    said = {name: str(value) for name, value in signed.items()}
    timeout = urllib3.Timeout(connect=5, read=5)
    return urllib3.PoolManager(ca_certs=here["CA"]).request("GET", url.geturl(), headers=said, preload_content=False, timeout=timeout)


def count(answer: urllib3.BaseHTTPResponse, found: list[str], ended: threading.Event) -> None:
    """Note the method and the bucket of each request until the command has ended."""
    rest = b""
    while not ended.is_set():
        try:
            chunk = answer.read1()
        except urllib3.exceptions.ReadTimeoutError:
            continue
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                request = json.loads(line).get("http", {}).get("request", {})
                found.append(f"{request.get('method')} {request.get('path')}")


def main(command: list[str]) -> int:
    answer = trace(site())
    if answer.status != 200:
        sys.exit(f"MinIO answers {answer.status} to the wish for a trace: {answer.data[:300]!r}")
    found: list[str] = []
    ended = threading.Event()
    watcher = threading.Thread(target=count, args=(answer, found, ended), daemon=True)
    watcher.start()
    time.sleep(GRACE)
    code = subprocess.run(command, check=False).returncode
    time.sleep(GRACE)
    ended.set()
    writes = [one for one in found if one.startswith(WRITES)]
    print("requests:", len(found), "writes:", writes)
    Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps({"reads": len(found) - len(writes), "writes": len(writes)}))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
