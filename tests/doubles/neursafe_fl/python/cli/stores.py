# SPDX-License-Identifier: Apache-2.0
"""TEST DOUBLE: where nsfl-ctl puts files: into buckets of an object store, or in 2024 into folders of the data server."""

from __future__ import annotations

import base64
import http.client
import re
from typing import Any
from urllib.parse import quote, unquote

from neursafe_fl.python.libs.http import HttpError


class Buckets:
    """The address is a URL; boto3 refuses host:port."""

    def __init__(self, address: str, user: str, password: str, certificate: str) -> None:
        import boto3
        from botocore.client import Config as S3Config

        self.client: Any = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id=user,
            region_name="us-east-1",
            aws_secret_access_key=password,
            verify=False if certificate == "none" else certificate,
            config=S3Config(s3={"addressing_style": "path"}, proxies={}, connect_timeout=5, retries={"max_attempts": 1}),
        )

    def namespaces(self) -> list[str]:
        return [bucket["Name"] for bucket in self.client.list_buckets()["Buckets"]]

    def upload(self, path: str, namespace: str, key: str) -> None:
        self.client.upload_file(path, namespace, key)

    def folders(self, namespace: str, folder: str) -> list[str]:
        listed = self.client.list_objects_v2(Bucket=namespace, Prefix=f"{folder}/", Delimiter="/").get("CommonPrefixes", [])
        return [entry["Prefix"].rstrip("/").rsplit("/", 1)[-1] for entry in listed]

    def read(self, namespace: str, key: str) -> bytes:
        return self.client.get_object(Bucket=namespace, Key=key)["Body"].read()


class Folders:
    """WebDAV over plain HTTP at host:port; a certificate is not looked at. A namespace is a folder that has to be there."""

    def __init__(self, address: str, user: str, password: str, _certificate: str) -> None:
        # The real tool takes these characters off, not the word: tom:30088 becomes om:30088.
        self.address = address.lstrip("htp:/")
        self.account = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def namespaces(self) -> list[str]:
        return self._children("/")

    def upload(self, path: str, namespace: str, key: str) -> None:
        self._ask("PROPFIND", f"/{namespace}", headers={"Depth": "0"})
        folders = key.split("/")[:-1]
        for depth in range(len(folders)):
            self._ask("MKCOL", "/".join(["", namespace, *folders[: depth + 1]]), fine=(201, 405))
        with open(path, "rb") as stream:
            self._ask("PUT", f"/{namespace}/{key}", stream.read())

    def folders(self, namespace: str, folder: str) -> list[str]:
        return self._children(f"/{namespace}/{folder}/")

    def read(self, namespace: str, key: str) -> bytes:
        return self._ask("GET", f"/{namespace}/{key}")

    def _children(self, path: str) -> list[str]:
        text = self._ask("PROPFIND", path, headers={"Depth": "1"}).decode()
        found = [unquote(href) for href in re.findall(r"<D:href>([^<]*)/</D:href>", text)]
        return [href.rsplit("/", 1)[-1] for href in found if f"{href}/" != path]

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, fine: tuple[int, ...] = ()
    ) -> bytes:
        link = http.client.HTTPConnection(self.address, timeout=10)
        try:
            link.request(method, quote(path), body, {"Authorization": self.account, **(headers or {})})
            response = link.getresponse()
            content = response.read()
        finally:
            link.close()
        if response.status >= 400 and response.status not in fine:
            raise HttpError(f"{method} {self.address}{path}", response.status, content.decode(errors="replace"))
        return content
