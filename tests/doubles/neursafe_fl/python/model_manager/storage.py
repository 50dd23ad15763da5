# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: where model files lie: <MODELS_DIR>/<namespace>/<model>/<version>/<file>, in the shared tree or in S3."""

from __future__ import annotations

import os
import shutil
from typing import Any

from neursafe_fl.python.libs.settings import env


class MissingError(Exception):
    """The file to copy is not there."""


class Posix:
    def copy(self, namespace: str, path: str, target: str) -> None:
        source = os.path.join(env("WORKSPACE"), namespace, path)
        goal = os.path.join(env("WORKSPACE"), env("MODELS_DIR"), target)
        if not os.path.isfile(source):
            raise MissingError(f"{path} not existing in namespace {namespace}")
        os.makedirs(os.path.dirname(goal), exist_ok=True)
        shutil.copyfile(source, goal)

    def delete(self, target: str) -> None:
        path = os.path.join(env("WORKSPACE"), env("MODELS_DIR"), target)
        if os.path.exists(path):
            os.remove(path)


class S3:
    """The FL namespace is a bucket and so is MODELS_DIR. Nothing is asked of the endpoint before the first copy."""

    def __init__(self) -> None:
        import boto3
        from botocore.client import Config

        self._client: Any = boto3.client(
            "s3",
            endpoint_url=env("STORAGE_ENDPOINT"),
            aws_access_key_id=env("ACCESS_KEY"),
            aws_secret_access_key=env("SECRET_KEY"),
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, proxies={}, connect_timeout=5, retries={"max_attempts": 1}),
        )

    def copy(self, namespace: str, path: str, target: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.copy_object(Bucket=env("MODELS_DIR"), Key=target, CopySource={"Bucket": namespace, "Key": path})
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise MissingError(f"{path} not existing in namespace {namespace}") from error
            raise

    def delete(self, target: str) -> None:
        self._client.delete_object(Bucket=env("MODELS_DIR"), Key=target)


def make_storage(kind: str) -> Posix | S3:
    """Exactly s3 or posix, in lower case."""
    if kind == "posix":
        return Posix()
    if kind == "s3":
        return S3()
    raise TypeError(f"STORAGE_TYPE {kind!r} is not supported")
