# SPDX-License-Identifier: Apache-2.0
"""Prints as JSON what the user S3_USER with S3_PASSWORD may do at the S3 endpoint host:port, known by the authority in FILE."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable

import urllib3
from minio import Minio
from minio.error import S3Error

OBJECT = "molecule-was-here"


def tried(action: Callable[[], str]) -> str:
    """What the action says, or the store's word for refusing it."""
    try:
        return action()
    except S3Error as error:
        return str(error.code)


def main(endpoint: str, authority: str) -> None:
    trusting = urllib3.PoolManager(ca_certs=authority)
    store = Minio(endpoint, access_key=os.environ["S3_USER"], secret_key=os.environ["S3_PASSWORD"], http_client=trusting)

    def read_and_write(bucket: str) -> str:
        store.put_object(bucket, OBJECT, io.BytesIO(b"here"), 4)
        found = store.get_object(bucket, OBJECT).read()
        store.remove_object(bucket, OBJECT)
        return "reads and writes" if found == b"here" else f"read {found!r}"

    def make() -> str:
        store.make_bucket("molecule-new")
        return "makes buckets"

    rights = {
        bucket: tried(lambda bucket=bucket: read_and_write(bucket)) for bucket in ("default", "models", "nsfl-system", "molecule-foreign")
    }
    json.dump({**rights, "make a bucket": tried(make)}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:3])
